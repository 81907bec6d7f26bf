// Without this, Swagger UI's scroller moves the page after the back button to where it was before operations were opened.
window.noZensmooth = true;

// Before the page is drawn: dark if the reader chose so, or if the system is dark and the reader chose nothing.
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const readChoice = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
const applyTheme = () => {
  const isDark = (readChoice() ?? (systemIsDark.matches ? "dark" : "light")) === "dark";
  document.documentElement.classList.toggle("dark-mode", isDark);
  document.documentElement.classList.toggle("light-mode", !isDark);
  document.getElementById("theme")?.setAttribute("aria-pressed", String(isDark));
};
applyTheme();
systemIsDark.addEventListener("change", applyTheme);
document.addEventListener("DOMContentLoaded", () => {
  applyTheme();
  document.getElementById("theme")?.addEventListener("click", () => {
    const isDark = document.documentElement.classList.contains("dark-mode");
    try { localStorage.setItem("theme", isDark ? "light" : "dark"); } catch { /* the choice is not remembered */ }
    applyTheme();
  });
});
