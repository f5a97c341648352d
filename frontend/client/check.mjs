// What npm would publish: the files, and that the module stays as small as its README says. Run after "npm run build:client".
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const most = 3000 // bytes, gzipped
const folder = fileURLToPath(new URL('.', import.meta.url))
const size = gzipSync(readFileSync(`${folder}dist/index.js`), { level: 9 }).length

const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: folder,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
})
const files = JSON.parse(packed)[0]
  .files.map(({ path }) => path)
  .sort()
const wanted = ['LICENSE', 'README.md', 'dist/index.d.ts', 'dist/index.js', 'package.json']

const wrong = []
if (size >= most) wrong.push(`The page helper is ${size} bytes gzipped; it must stay under ${most}.`)
if (files.join() !== wanted.join()) wrong.push(`npm would pack ${files.join(', ')} and not ${wanted.join(', ')}.`)
for (const line of wrong) process.stderr.write(`${line}\n`)
if (wrong.length > 0) process.exit(1)
process.stdout.write(`The page helper is ${size} bytes gzipped.\n`)
