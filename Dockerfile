# A node as an image. It holds what a node needs to run and nothing to build it with: no development dependency, no test.
#
#   docker build -t millrace .
#   docker run -p 127.0.0.1:4566:4566 -v millrace-data:/data millrace
#
# The patch version is left open on purpose, so that a rebuild takes the fixes of the base.
ARG NODE_IMAGE=node:24-slim

# The schemas come from the AWS SDK's clients, which are development dependencies. Install scripts would fetch another
# Node.js, and nothing needs them.
FROM ${NODE_IMAGE} AS schemas
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts/generate.mjs scripts/
RUN node scripts/generate.mjs

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
WORKDIR /app
COPY package.json LICENSE NOTICE ./
COPY bin bin
COPY src src
COPY --from=schemas /app/src/generated src/generated
COPY --from=dependencies /app/node_modules node_modules
RUN mkdir /data && chown node:node /data

# A container is reached from outside of itself or not at all: who may reach it is for the network to say, since any
# credentials pass. Publish the port to addresses that you trust.
ENV NODE_ENV=production \
    MILLRACE_HOST=0.0.0.0 \
    MILLRACE_ALLOW_REMOTE=true \
    MILLRACE_DATA_DIR=/data

# By number, so that Kubernetes can tell that it isn't root: the user `node` of the base.
USER 1000:1000
EXPOSE 4566

# With --tls-cert this needs another command, which trusts the certificate.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MILLRACE_PORT || 4566}/_millrace/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# A node takes up to ten seconds to stop, which is what `docker stop` grants.
ENTRYPOINT ["node", "bin/millrace.mjs"]
CMD ["start"]
