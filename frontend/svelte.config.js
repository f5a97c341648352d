import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    // Every autofocus here stands in a dialog that the user has just opened: there it says where showModal() puts the focus,
    // which otherwise goes to the closing button.
    warningFilter: (warning) => warning.code !== 'a11y_autofocus',
  },
}
