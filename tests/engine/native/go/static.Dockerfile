FROM {build} AS build
WORKDIR /src
COPY . .
RUN mkdir -p /opt/lib && gcc -c -o field.o field.c && ar rcs /opt/lib/libfield.a field.o && rm field.c field.o \
 && go mod init function && go mod tidy \
 && CGO_ENABLED=1 CGO_LDFLAGS="-L/opt/lib -lfield" go build -ldflags '-linkmode external -extldflags -static' \
      -o bootstrap .
FROM {final}
COPY --from=build /src/bootstrap ./
CMD ["function"]
