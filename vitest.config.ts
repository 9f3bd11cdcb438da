import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  test: {
    environment: 'happy-dom',
    include: ['ui_kiosk/**/*.test.{ts,tsx}', 'hub/console/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
