// Everything that a page could have seen: bodies byte by byte as they arrived, also of answers that were cut off, with
// headers, errors, frames of sockets, console, storage, and the document itself. It holds more than the page's own code
// could read (headers that CORS hides, say): a key must not be there either.

/** What the browser, and not the page, keeps of a document. */
async function inside() {
  const databases = {}
  for (const { name } of (await indexedDB.databases?.()) ?? []) {
    if (!name) continue
    const db = await new Promise((resolve, reject) => {
      const request = indexedDB.open(name)
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    databases[name] = {}
    for (const store of db.objectStoreNames) {
      databases[name][store] = await new Promise((resolve, reject) => {
        const request = db.transaction(store).objectStore(store).getAll()
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    }
    db.close()
  }
  const cached = {}
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) cached[`${name} ${request.url}`] = await (await cache.match(request))?.text()
  }
  return {
    url: location.href,
    title: document.title,
    dom: document.documentElement.outerHTML,
    values: [...document.querySelectorAll('input, textarea')].map((e) => e.value),
    localStorage: { ...localStorage },
    sessionStorage: { ...sessionStorage },
    databases,
    cached,
    cookie: document.cookie,
    timing: performance.getEntries().map((e) => e.toJSON()),
  }
}

export class Recording {
  #say
  #exchanges = new Map()
  #lines = []

  constructor(say) {
    this.#say = say
  }

  #note(line) {
    this.#lines.push(line)
    this.#say({ event: 'seen', ...line })
  }

  async follow(cdp, page, number) {
    page.on('console', (message) => this.#note({ page: number, kind: 'console', type: message.type(), text: message.text() }))
    page.on('pageerror', (error) => this.#note({ page: number, kind: 'error', text: `${error}\n${error.stack ?? ''}` }))
    page.on('dialog', (dialog) => {
      this.#note({ page: number, kind: 'dialog', text: dialog.message() })
      void dialog.dismiss()
    })

    const exchange = (id) => {
      const key = `${number}/${id}`
      if (!this.#exchanges.has(key)) this.#exchanges.set(key, { page: number, chunks: [] })
      return this.#exchanges.get(key)
    }
    // Said once an exchange, when its first bytes are kept and the later ones will be: who cuts it off now loses none of them.
    const kept = (e) => {
      if (e.kept || !summary(e).bytes) return
      e.kept = true
      this.#say({ event: 'bytes', page: number, ...summary(e) })
    }
    const end = (id, how) => {
      const e = exchange(id)
      e.end = how
      this.#say({ event: 'exchange', page: number, ...summary(e) })
    }
    cdp.on('Network.requestWillBeSent', ({ requestId, request, redirectResponse }) => {
      const e = exchange(requestId)
      if (redirectResponse) (e.redirects ??= []).push(redirectResponse)
      e.request = { method: request.method, url: request.url, headers: request.headers }
    })
    cdp.on('Network.responseReceived', async ({ requestId, response }) => {
      const e = exchange(requestId)
      e.response = { url: response.url, status: response.status, statusText: response.statusText, headers: response.headers }
      this.#say({ event: 'response', page: number, ...summary(e) })
      // From here the bytes come as they arrive, so that also those of an answer that is cut off are seen.
      e.streaming = cdp.send('Network.streamResourceContent', { requestId }).then(
        ({ bufferedData }) => {
          e.chunks.unshift(Buffer.from(bufferedData, 'base64'))
          kept(e)
        },
        () => (e.late = true),
      )
    })
    cdp.on('Network.responseReceivedExtraInfo', ({ requestId, headers, statusCode }) => {
      exchange(requestId).raw = { status: statusCode, headers }
    })
    cdp.on('Network.dataReceived', ({ requestId, data }) => {
      if (!data) return
      exchange(requestId).chunks.push(Buffer.from(data, 'base64'))
      kept(exchange(requestId))
    })
    cdp.on('Network.loadingFinished', async ({ requestId }) => {
      const e = exchange(requestId)
      await e.streaming
      if (e.late) {
        // It was over before it could be streamed, so it is kept whole.
        const body = await cdp.send('Network.getResponseBody', { requestId }).catch(() => null)
        if (body) e.chunks = [Buffer.from(body.body, body.base64Encoded ? 'base64' : 'utf8')]
      }
      end(requestId, 'finished')
    })
    cdp.on('Network.loadingFailed', async ({ requestId, errorText, blockedReason, corsErrorStatus }) => {
      await exchange(requestId).streaming
      end(requestId, { failed: errorText, blocked: blockedReason, cors: corsErrorStatus?.corsError })
    })
    cdp.on('Network.webSocketCreated', ({ requestId, url }) => (exchange(requestId).request = { method: 'WEBSOCKET', url }))
    cdp.on('Network.webSocketHandshakeResponseReceived', ({ requestId, response }) => (exchange(requestId).raw = response))
    cdp.on('Network.webSocketFrameReceived', ({ requestId, response }) => {
      exchange(requestId).chunks.push(Buffer.from(response.payloadData, response.opcode === 1 ? 'utf8' : 'base64'))
    })
    cdp.on('Network.webSocketFrameError', ({ requestId, errorMessage }) => end(requestId, { failed: errorMessage }))
    cdp.on('Network.webSocketClosed', ({ requestId }) => end(requestId, 'closed'))
    await cdp.send('Network.enable', { maxTotalBufferSize: 256 << 20, maxResourceBufferSize: 64 << 20 })
  }

  async everything(context, pages) {
    const documents = []
    for (const page of pages) {
      for (const frame of page.isClosed() ? [] : page.frames()) {
        documents.push(await frame.evaluate(inside).catch((error) => ({ url: frame.url(), unreadable: String(error) })))
      }
    }
    const exchanges = [...this.#exchanges.values()].map((e) => ({
      ...summary(e),
      raw: e.raw,
      redirects: e.redirects,
      body: bodyOf(e),
    }))
    return { documents, exchanges, lines: this.#lines, cookies: await context.cookies() }
  }
}

const bodyOf = (e) => Buffer.concat(e.chunks).toString('utf8')

/** An exchange without its body. */
function summary(e) {
  return { request: e.request, response: e.response, end: e.end, bytes: e.chunks.reduce((n, c) => n + c.length, 0) }
}
