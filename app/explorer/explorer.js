// The contents, the filter and the links to operations. Swagger UI shows the operations themselves.

const element = (name, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
};
const METHODS = ["get", "post", "put", "patch", "delete"];
const byId = id => document.getElementById(id);

// Contents: a link for each tag, with its operations while it is chosen or while they match the filter.

const listOperations = contract => Object.entries(contract.paths).flatMap(([path, item]) =>
  METHODS.filter(method => method in item).map(method => {
    const { operationId, summary, tags: [tag] } = item[method];
    const id = `operations-${tag}-${operationId}`;
    const text = `${method} ${path} ${summary} ${tag} ${operationId}`.toLowerCase();
    return { id, tag, hash: `#/${tag}/${operationId}`, method, path, summary, text };
  }));

const showContents = (contract, operations) => {
  const items = contract.tags.map(({ name }) => {
    const inTag = operations.filter(({ tag }) => tag === name);
    const count = element("span", { className: "count", textContent: inTag.length, title: `${inTag.length} operations` });
    const link = element("a", { className: "tag", href: `#/${name}` }, element("span", { textContent: name }), count);
    const links = inTag.map(({ hash, method, path, summary, id }) => {
      const label = element("span", { className: "method", textContent: method.toUpperCase() });
      const entry = element("a", { className: "operation", href: hash, title: path }, label, summary);
      const line = element("li", {}, entry);
      line.dataset.operation = id;
      return line;
    });
    const item = element("li", {}, link, element("ul", { hidden: true }, ...links));
    item.dataset.tag = name;
    return item;
  });
  byId("tags").replaceChildren(...items);
};

// Filter: operations that do not have all of the words are hidden, by a style sheet, which React does not overwrite.

const hiding = new CSSStyleSheet();
document.adoptedStyleSheets = [hiding];
const currentTag = () => decodeURIComponent(location.hash).split("/")[1] ?? "";

const applyFilter = operations => {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = operations.filter(({ text }) => words.every(word => text.includes(word)));
  const [ids, tags] = [new Set(found.map(({ id }) => id)), new Set(found.map(({ tag }) => tag))];
  const hidden = operations.filter(({ id }) => !ids.has(id)).map(({ id }) => `#${CSS.escape(id)}`);
  const hiddenTags = [...new Set(operations.map(({ tag }) => tag))].filter(tag => !tags.has(tag))
    .map(tag => `.opblock-tag-section:has(> #operations-tag-${CSS.escape(tag)})`);
  hiding.replaceSync([...hidden, ...hiddenTags].map(selector => `${selector} { display: none }`).join("\n"));
  for (const item of byId("tags").children) {
    item.hidden = !tags.has(item.dataset.tag);
    const list = item.querySelector("ul");
    list.hidden = words.length === 0 && item.dataset.tag !== currentTag();
    for (const line of list.children) line.hidden = !ids.has(line.dataset.operation);
  }
  byId("tags").classList.toggle("filtered", words.length > 0);
  byId("found").textContent = words.length ? `${found.length} of ${operations.length} operations` : "";
  return found;
};

const markCurrent = operations => {
  for (const link of byId("tags").querySelectorAll("a")) {
    const isCurrent = link.getAttribute("href") === decodeURIComponent(location.hash);
    if (isCurrent) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }
  applyFilter(operations);
};

// Links: the address of a tag or an operation opens it, at the start, by a link, and with the back button.

// Not `layoutActions.show`, which would also write the address, so that the back button would lead nowhere.
const show = (ui, thing) => ui.getStore().dispatch({ type: "layout_show", payload: { thing, shown: true } });
const openAddress = (ui, operations) => {
  markCurrent(operations);
  const [, tag, id] = decodeURIComponent(location.hash).split("/");
  if (!tag) return;
  show(ui, ["operations-tag", tag]);
  if (id) show(ui, ["operations", tag, id]);
  const place = id ? `operations-${tag}-${id}` : `operations-tag-${tag}`;
  if (id && !applyFilter(operations).some(operation => operation.id === place)) {
    byId("filter").value = "";
    applyFilter(operations);
  }
  scrollWhenShown(place);
};
// Swagger UI draws its operations some time after the start.
const scrollWhenShown = (id, attempts = 300) => {
  const place = byId(id);
  if (place) place.scrollIntoView({ block: "start" });
  else if (attempts > 0) setTimeout(scrollWhenShown, 20, id, attempts - 1);
};
// Swagger UI reads the address only at the start, and takes `_` in it for a blank.
const readNoAddress = () => ({
  statePlugins: { layout: { wrapActions: { parseDeepLinkHash: () => () => ({ type: "no_address_read" }) } } },
});

// A parameter that the operation's example omits has an empty field, with its own example as a hint.
const showHints = () => ({
  wrapComponents: {
    JsonSchemaForm: (Form, { React }) => props => {
      const example = String(props.schema?.getIn?.(["examples", 0]) ?? "");
      const hasHint = example && example.length <= 40;
      return React.createElement(Form, hasHint ? { ...props, description: "e.g. " + example } : props);
    },
  },
});

// Swagger UI draws a closed padlock where a token is optional, as if one were needed: there is none there.
const hidePadlockOfOpenOperations = () => ({
  wrapComponents: {
    OperationSummary: (Summary, { React }) => props => {
      const isOpen = props.operationProps.get("security")?.some(requirement => requirement.size === 0);
      const operationProps = isOpen ? props.operationProps.delete("security") : props.operationProps;
      return React.createElement(Summary, { ...props, operationProps });
    },
  },
});

// The introduction is long: it is folded, so that the operations begin on the first screen.
const foldIntroduction = () => ({
  wrapComponents: {
    Markdown: (Text, { React }) => props => {
      const text = React.createElement(Text, props);
      if (!props.source?.includes("\n## ")) return text;
      const title = React.createElement("summary", null, "Introduction: first requests, writing, conventions");
      return React.createElement("details", { className: "introduction" }, title, text);
    },
  },
});

// Swagger UI resolves the whole document again for each operation that is opened, which takes seconds on a phone. All
// references are local, so only those of the operation are resolved here; a recursive reference stays a reference.
const resolveReferences = (contract, node, ancestors = []) => {
  if (Array.isArray(node)) return node.map(value => resolveReferences(contract, value, ancestors));
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref !== "string") {
    const members = Object.entries(node);
    return Object.fromEntries(members.map(([name, value]) => [name, resolveReferences(contract, value, ancestors)]));
  }
  if (ancestors.includes(node.$ref)) return node;
  const target = node.$ref.slice(2).split("/").reduce((node, name) => node[name], contract);
  return resolveReferences(contract, target, [...ancestors, node.$ref]);
};
const resolveLocally = contract => () => ({
  statePlugins: { spec: { wrapActions: {
    requestResolvedSubtree: (_, { specActions }) => path => {
      const part = path.reduce((node, name) => node[name], contract);
      return specActions.updateResolvedSubtree(path, resolveReferences(contract, part));
    },
  } } },
});

// An event stream has no end, and Swagger UI waits for the end of a response: it gets the stream up to the first event
// or comment.
const fetchUntilFirstEvent = async (url, request) => {
  const response = await fetch(url, request);
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let received = "";
  while (!/^(data:[^]*|: )\n\n/m.test(received)) {
    const { done, value } = await reader.read();
    if (done) break;
    received += value;
  }
  await reader.cancel();
  return new Response(received, { status: response.status, headers: response.headers });
};
const getAccept = headers => Object.entries(headers).find(([name]) => name.toLowerCase() === "accept")?.[1];

const connectAuthorize = ui => {
  const button = byId("authorize");
  button.disabled = false;
  // Not the scheme of the token endpoint: whoever authorizes here gets a token from it.
  const isForTokens = schemes => schemes.some(scheme => scheme.get("type") === "oauth2");
  button.addEventListener("click", () =>
    ui.authActions.showDefinitions(ui.authSelectors.definitionsToAuthorize().filter(isForTokens)));
  ui.getStore().subscribe(() => {
    const isAuthorized = ui.authSelectors.authorized().size > 0;
    button.toggleAttribute("data-authorized", isAuthorized);
    button.textContent = isAuthorized ? "Authorized" : "Authorize";
  });
};

const start = async () => {
  const contract = await (await fetch("openapi.json")).json();
  const operations = listOperations(contract);
  showContents(contract, operations);
  const ui = SwaggerUIBundle({
    spec: contract,
    dom_id: "#swagger-ui",
    deepLinking: true,
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    plugins: [showHints, hidePadlockOfOpenOperations, foldIntroduction, readNoAddress, resolveLocally(contract)],
    requestInterceptor: request =>
      getAccept(request.headers ?? {}) === "text/event-stream" ? { ...request, userFetch: fetchUntilFirstEvent } : request,
    validatorUrl: null,
  });
  connectAuthorize(ui);
  openAddress(ui, operations);
  addEventListener("hashchange", () => openAddress(ui, operations));
  // Whoever opens an operation by its row changes the address without an event.
  byId("swagger-ui").addEventListener("click", () => setTimeout(markCurrent, 0, operations));
  byId("tags").addEventListener("click", event => {
    const link = event.target.closest("a");
    if (link && link.getAttribute("href") === decodeURIComponent(location.hash)) openAddress(ui, operations);
  });
  byId("filter").addEventListener("input", () => applyFilter(operations));
  byId("filter").addEventListener("keydown", event => {
    const [first] = event.key === "Enter" ? applyFilter(operations) : [];
    if (first) location.hash = first.hash;
  });
  addEventListener("keydown", event => {
    if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    byId("filter").focus();
  });
};
start().catch(error => { byId("swagger-ui").textContent = `The contract cannot be loaded: ${error.message}`; });
