import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  // The words live beside this folder, because the core reads them too.
  server: { host: "127.0.0.1", port: 5173, strictPort: true, fs: { allow: [".."] } },
  build: {
    target: "es2022",
    // A font as a `data:` address would need a hole in the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    // A page is searched by axe in half a second; a busy machine takes many times that.
    testTimeout: 60_000,
    // The two long searches by axe, light and dark, go side by side on two cores as well.
    maxWorkers: 2,
  },
});
