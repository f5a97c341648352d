// Makes a list of parts (CycloneDX) the same for everybody who makes it from one commit: node build/sbom.mjs FILE, with VERSION
// and SOURCE_DATE_EPOCH in the environment. The generators put a random number, the time of day and sums of themselves into it.
import { readFileSync } from 'node:fs'

const [file] = process.argv.slice(2)
const { VERSION, SOURCE_DATE_EPOCH } = process.env
const list = JSON.parse(readFileSync(file, 'utf8'))
if (!list.components?.length) throw new Error(`${file} names no part, which cannot be right`)
delete list.serialNumber
list.metadata.timestamp = new Date(SOURCE_DATE_EPOCH * 1000).toISOString()
list.metadata.component.version = VERSION
for (const tool of list.metadata.tools ?? []) delete tool.hashes
process.stdout.write(`${JSON.stringify(list, null, 2)}\n`)
