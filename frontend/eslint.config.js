import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

// The tiers: parts know no state and no api, views and state know the api only through its door, and only wails.ts knows Wails.
const parts = {
  group: ['**/state/*', '**/api', '**/api/*', '**/views/*'],
  message: 'A part gets what it shows as properties.',
  allowTypeImports: true,
}
const wails = { group: ['**/wailsjs/**'], message: 'Go through the door in src/api.', allowTypeImports: true }

export default ts.config(
  { ignores: ['dist', 'client/dist', 'examples/*/dist', 'wailsjs', 'demo', 'e2e', '.fake'] },
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      'no-undef': 'off', // the TypeScript compiler knows better
      'no-console': 'error',
      'svelte/no-at-html-tags': 'error', // what pages and providers say is text
      // Sets and maps are values here: replaced as a whole, never changed.
      'svelte/prefer-svelte-reactivity': 'off',
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [wails] }],
    },
  },
  { files: ['src/parts/**'], rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [parts, wails] }] } },
  { files: ['src/api/wails.ts'], rules: { '@typescript-eslint/no-restricted-imports': 'off' } },
  { files: ['src/api/fake*.ts', '**/*.test.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  { files: ['tests/**', '*.config.*'], languageOptions: { globals: { ...globals.node } }, rules: { 'no-console': 'off' } },
)
