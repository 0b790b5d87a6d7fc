// The contract is linked from the folder above, which has a graphql of its own.
export default {
  resolve: { dedupe: ["graphql"] },
  build: { target: "es2022", chunkSizeWarningLimit: 1000 },
};
