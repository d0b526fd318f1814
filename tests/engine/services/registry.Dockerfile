# A real registry: Debian's docker-registry on a root of this project. The secrets are those of every build of it.
ARG ROOT
FROM ${ROOT}
RUN --mount=type=secret,id=ca,target=/run/build-ca.pem,mode=0444 \
    --mount=type=secret,id=apt-conf,target=/etc/apt/apt.conf.d/99build,mode=0444 \
    --mount=type=secret,id=apt-sources,target=/etc/apt/sources.list.d/debian.sources,mode=0444 \
    apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends docker-registry \
    && rm -rf /var/lib/apt/lists/*
COPY registry.yaml /etc/registry.yaml
EXPOSE 5000
ENTRYPOINT ["docker-registry"]
CMD ["serve", "/etc/registry.yaml"]
