# Surety on your PostgreSQL: docs/deploy.md. Runs as nobody in particular, on a file system that it cannot write.
FROM node:24.11-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/console/package.json packages/console/
COPY packages/contract/package.json packages/contract/
COPY packages/pii/package.json packages/pii/
COPY packages/server/package.json packages/server/
COPY packages/stats/package.json packages/stats/
COPY pods/customer-ops/package.json pods/customer-ops/
COPY pods/security-ops/package.json pods/security-ops/
COPY pods/table/package.json pods/table/
# Nothing is built: what is installed runs. Optional are another Node and the embedded PostgreSQL, which this image has no use for.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

FROM node:24.11-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production PRODUCTION=true HOST=0.0.0.0 PORT=8000 DATA_DIR=/data NODE_DISABLE_COMPILE_CACHE=1
COPY --from=packages /app ./
COPY LICENSE package.json ./
COPY bin bin
COPY packages packages
COPY pods pods
RUN mkdir /data && chown 10001:10001 /data
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.PORT+'/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "bin/surety.js"]
CMD ["start"]
