# simexchange in a container: not root, read-only root file system, ready when /health/ready says so.
#   docker build -t simexchange .
#   docker run --rm -p 127.0.0.1:8788:8788 simexchange
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY simexchange simexchange
COPY scenarios scenarios
# A private package mirror, where there is one, is told by a build secret: --secret id=pip,src=pip.conf
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m venv /opt/simexchange \
    && /opt/simexchange/bin/python -m pip install --no-cache-dir --no-compile . \
    && /opt/simexchange/bin/python -m compileall -q -x '/(faker|pip)/' /opt/simexchange/lib \
    && /opt/simexchange/bin/python -m pip uninstall --quiet --yes pip

FROM ${BASE}
LABEL org.opencontainers.image.title="simexchange" \
      org.opencontainers.image.description="A simulated crypto exchange that unmodified trading clients can talk to." \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/simexchange /opt/simexchange
# The certificate authority behind --tls: mount this folder to share its ca.pem with bots, or to keep it.
RUN mkdir /var/lib/simexchange && chown 10001:10001 /var/lib/simexchange
ENV PATH=/opt/simexchange/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SIMX_HOST=0.0.0.0 \
    SIMX_CONTROL_HOST=127.0.0.1 \
    SIMX_CA_DIR=/var/lib/simexchange
# The control port answers inside the container alone, until SIMX_CONTROL_HOST=0.0.0.0 and SIMX_CONTROL_TOKEN open it.
EXPOSE 8787 8788 443 9443
USER 10001:10001
WORKDIR /tmp
HEALTHCHECK --interval=2s --timeout=3s --start-period=10s --retries=5 CMD ["python3", "-m", "simexchange.health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["simexchange"]
CMD ["serve"]
