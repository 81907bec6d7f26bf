# An image with the commands `serve` (the default) and `migrate`. It contains no Postgres: DATABASE_URL is required.
#
#   docker build -t rakornas .
#   docker run --rm -e DATABASE_URL=… rakornas migrate
#   docker run --rm -e DATABASE_URL=… -p 8000:8000 --read-only --tmpfs /tmp rakornas

FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/srv/.venv
WORKDIR /srv
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-default-groups --no-install-project
COPY app app
COPY migrations migrations
COPY alembic.ini ./
RUN uv sync --frozen --no-default-groups

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home rakornas
COPY --from=build /srv /srv
WORKDIR /srv
ENV PATH=/srv/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=2)"]
ENTRYPOINT ["rakornas"]
CMD ["serve", "--host", "0.0.0.0"]
