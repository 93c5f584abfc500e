# The production image: API and worker. Unproven: no engine was at hand to build it; tests/tooling/test_image.py checks what it can.

FROM node:22-bookworm-slim AS explorer
WORKDIR /source/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web/ ./
RUN npm run build -- /source/graphiql

FROM python:3.11-slim-bookworm AS packages
COPY requirements/run.txt /source/
RUN python -m venv /opt/simurgh \
 && /opt/simurgh/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: --requirement /source/run.txt

FROM packages AS fonts
WORKDIR /source
COPY requirements/fonts.txt requirements/node.txt ./
RUN /opt/simurgh/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r fonts.txt -r node.txt
COPY mobile/__init__.py mobile/build_fonts.py mobile/
COPY mobile/fonts/ mobile/fonts/
RUN /opt/simurgh/bin/python -m mobile.build_fonts && rm -r .build/fonts/source

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /srv/simurgh --shell /usr/sbin/nologin simurgh \
 && install --directory --owner=simurgh /var/lib/simurgh
WORKDIR /srv/simurgh
COPY --from=packages /opt/simurgh /opt/simurgh
COPY --from=explorer /source/graphiql .build/graphiql
COPY --from=fonts /source/.build/fonts .build/fonts
COPY LICENSE pyproject.toml alembic.ini ./
COPY api/ api/
COPY auth/ auth/
COPY domain/ domain/
COPY gateways/ gateways/
COPY migrations/ migrations/
COPY schema/ schema/
COPY seeds/ seeds/
COPY store/ store/
RUN /opt/simurgh/bin/python -m compileall -q .
ENV PATH=/opt/simurgh/bin:$PATH \
    PYTHONPATH=/srv/simurgh \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SIMURGH_ENVIRONMENT=production \
    SIMURGH_DATA_DIR=/var/lib/simurgh \
    SIMURGH_HOST=0.0.0.0 \
    SIMURGH_PORT=8000
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["python", "-P", "-m", "api"]
CMD ["serve"]
