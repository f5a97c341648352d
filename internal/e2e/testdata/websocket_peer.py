"""A WebSocket peer that shares no code with Oaklock: Debian's python3-websockets, on both sides of it.

  websocket_peer.py serve                  a provider; says {"port": N} and then a line of JSON for each connection that ended
  websocket_peer.py talk URL ORIGIN        a page; says a line of JSON for each case: {"case": …, "wrong": "" or what}

What the provider does with a connection stands in the model of its address.
"""

import asyncio
import hashlib
import json
import sys
import urllib.parse

import websockets
from websockets.frames import OP_CLOSE, OP_CONT, OP_TEXT

MIB = 1 << 20
MOST = 16 * MIB


def say(**line):
    print(json.dumps(line), flush=True)


def message(size):
    """A JSON text of exactly so many bytes, with characters of every length in it."""
    head, tail = '{"type":"x","audio":"', '"}'
    room = size - len(head) - len(tail)
    middle = "Grüße, 世界 🌍. " * (room // len("Grüße, 世界 🌍. ".encode()))
    return head + middle + "x" * (room - len(middle.encode())) + tail


def digest(m):
    return hashlib.sha256(m if isinstance(m, bytes) else m.encode()).hexdigest()


# --- the provider


async def provide(ws, path):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
    model = query.get("model", [""])[0]
    heard = []
    try:
        await PROVIDER.get(model, echo)(ws, heard)
        await asyncio.wait_for(ws.wait_closed(), 20)
    except websockets.ConnectionClosed:
        pass
    except Exception as e:  # told, and the test fails
        heard.append(repr(e))
    say(
        model=model,
        path=path,
        fields={k.lower(): ws.request_headers.get_all(k) for k in ws.request_headers},
        chosen=ws.subprotocol,
        extensions=[str(e) for e in ws.extensions],
        heard=heard,
        code=ws.close_code,
        reason=ws.close_reason,
    )


async def echo(ws, heard):
    async for m in ws:
        heard.append(type(m).__name__)
        await ws.send(m)


async def fragments(ws, heard):
    async for m in ws:
        heard.append(digest(m))
        third = max(1, len(m) // 3)
        pieces = [m[:third], m[third : 2 * third], m[2 * third :]]
        await ws.send(pieces)


async def pings(ws, heard):
    for data in (b"", b"x", b"p" * 125):
        pong = await ws.ping(data)
        await asyncio.wait_for(pong, 10)
        heard.append(len(data))
    await ws.send('"ponged"')
    await ws.wait_closed()


async def flood(ws, heard):
    async def say_all():
        for n in range(2000):
            await ws.send('{"n":%d}' % n)

    async def hear_all():
        for n in range(2000):
            if json.loads(await ws.recv())["n"] != n:
                heard.append("out of order at %d" % n)

    await asyncio.gather(say_all(), hear_all())
    await ws.send('"done"')
    await ws.wait_closed()


async def tell_key(ws, heard):
    await ws.send("it is " + ws.request_headers["Authorization"] + ".")
    await ws.close(4001, ws.request_headers["Authorization"].split()[-1][:40])


async def too_large(ws, heard):
    await ws.send(message(MOST + 1))
    await ws.wait_closed()


async def not_text(ws, heard):
    await ws.write_frame(True, OP_TEXT, b'"\xff"')
    await ws.wait_closed()


async def lost(ws, heard):
    await ws.write_frame(False, OP_TEXT, b'"half a ')
    ws.transport.abort()


async def listen(ws, heard):
    async for m in ws:
        heard.append(m if len(m) < 100 else digest(m))


def closing(code, reason):
    async def close(ws, heard):
        await ws.close(code, reason)

    return close


PROVIDER = {
    "echo": echo,
    "fragments": fragments,
    "pings": pings,
    "flood": flood,
    "key": tell_key,
    "too-large": too_large,
    "not-text": not_text,
    "lost": lost,
    "listen": listen,
    "close-1000": closing(1000, "done"),
    "close-1001": closing(1001, ""),
    "close-1008": closing(1008, "policy"),
    "close-1011": closing(1011, "r" * 123),
    "close-3000": closing(3000, "Grüße"),
    "close-4999": closing(4999, "own"),
}


async def serve():
    # Compression is on, as it is by default: it must not come about.
    async with websockets.serve(provide, "127.0.0.1", 0, max_size=None, subprotocols=["realtime"], compression="deflate") as server:
        say(port=server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the test is over


# --- the page


class Page:
    def __init__(self, url, origin):
        self.url, self.origin = url, origin

    def open(self, model, **more):
        return websockets.connect(
            self.url + "?model=" + model, origin=self.origin, max_size=None, compression="deflate", open_timeout=20, close_timeout=20, **more
        )


def check(what, got, want):
    if got != want:
        raise AssertionError("%s: got %.300r, want %.300r" % (what, got, want))


async def ended(ws, code, reason=None, begins=""):
    try:
        m = await asyncio.wait_for(ws.recv(), 20)
        raise AssertionError("heard %.100r instead of the end" % (m,))
    except websockets.ConnectionClosed:
        pass
    check("the code", ws.close_code, code)
    if reason is not None:
        check("the reason", ws.close_reason, reason)
    elif not ws.close_reason.startswith(begins):
        raise AssertionError("the reason is %r" % ws.close_reason)


async def texts(page):
    async with page.open("echo") as ws:
        check("extensions", ws.extensions, [])
        for m in ('{"a":1}', '{"a":"Grüße, 世界 🌍"}', b'{"a":1}', '{"a":"\\u0000"}', message(125), message(126), message(65535), message(65536), message(MIB)):
            await ws.send(m)
            check("the echo", await ws.recv(), m)


async def largest(page):
    async with page.open("echo") as ws:
        for m in (message(MOST), message(MOST).encode()):
            await ws.send(m)
            check("the echo", digest(await ws.recv()), digest(m))


async def in_fragments(page):
    async with page.open("fragments") as ws:
        for pieces in (['{"a"', ":", "1}"], ['{"a":"Gr', "", "üße", '"}'], [b'{"a"', b":1}"], list('{"one":"for each"}'), [message(MIB)[:-1], "}"]):
            whole = (b"" if isinstance(pieces[0], bytes) else "").join(pieces)
            await ws.send(pieces)
            check("the echo", await ws.recv(), whole)
        # A character in two frames, and a ping between them.
        await ws.write_frame(False, OP_TEXT, '{"a":"ü'.encode()[:-1])
        await asyncio.wait_for(await ws.ping(b"between"), 10)
        await ws.write_frame(True, OP_CONT, '{"a":"ü'.encode()[-1:] + b'"}')
        check("the echo", await ws.recv(), '{"a":"ü"}')


async def pinged(page):
    async with page.open("pings") as ws:
        for data in (b"", b"x", b"p" * 125):
            await asyncio.wait_for(await ws.ping(data), 10)
        check("what was said", await ws.recv(), '"ponged"')


async def both_at_once(page):
    async with page.open("flood") as ws:

        async def say_all():
            for n in range(2000):
                await ws.send('{"n":%d}' % n)

        async def hear_all():
            for n in range(2000):
                check("the number", json.loads(await ws.recv())["n"], n)

        await asyncio.gather(say_all(), hear_all())
        check("the end", await ws.recv(), '"done"')


async def protocols(page):
    async with page.open("echo", subprotocols=["realtime", "openai-insecure-api-key.oaklock-dummy"]) as ws:
        check("the subprotocol", ws.subprotocol, "realtime")
        await ws.send('{"a":1}')
        await ws.recv()


async def key(page):
    async with page.open("key") as ws:
        check("what was said", await ws.recv(), "it is Bearer [redacted by Oaklock].")
        await ended(ws, 4001, "[redacted by Oaklock]")


async def too_large_of_the_page(page):
    async with page.open("listen") as ws:
        try:
            await ws.send(message(MOST + 1))
        except websockets.ConnectionClosed:
            pass
        await ended(ws, 1009)


async def too_large_of_the_provider(page):
    async with page.open("too-large") as ws:
        await ended(ws, 1011, begins="upstream_invalid: ")


async def not_text_of_the_page(page):
    async with page.open("listen") as ws:
        await ws.write_frame(True, OP_TEXT, b'{"a":"\xc3\x28"}')
        await ended(ws, 1007)


async def not_text_of_the_provider(page):
    async with page.open("not-text") as ws:
        await ended(ws, 1011, begins="upstream_invalid: ")


async def provider_lost(page):
    async with page.open("lost") as ws:
        await ended(ws, 1011, begins="upstream_cut: ")


async def page_lost(page):
    ws = await page.open("listen")
    await ws.send('{"last":"word"}')
    await asyncio.wait_for(await ws.ping(b"it was heard"), 10)
    ws.transport.abort()
    await ws.wait_closed()


async def wrong_close(page):
    async with page.open("listen") as ws:
        await ws.write_frame(True, OP_CLOSE, b"\x03\xee")  # 1006
        await ended(ws, 1002)


def says_goodbye(code, reason):
    async def goodbye(page):
        ws = await page.open("listen")
        await ws.close(code, reason)
        check("the code", ws.close_code, code)

    return goodbye


def hears_goodbye(code, reason):
    async def goodbye(page):
        async with page.open("close-%d" % code) as ws:
            await ended(ws, code, reason)

    return goodbye


PAGE = {
    "texts": texts,
    "16 MiB": largest,
    "fragments": in_fragments,
    "pings": pinged,
    "both at once": both_at_once,
    "subprotocols": protocols,
    "a key": key,
    "too large, of the page": too_large_of_the_page,
    "too large, of the provider": too_large_of_the_provider,
    "not UTF-8, of the page": not_text_of_the_page,
    "not UTF-8, of the provider": not_text_of_the_provider,
    "a lost provider": provider_lost,
    "a lost page": page_lost,
    "a code that is none": wrong_close,
    "says 1000": says_goodbye(1000, "done"),
    "says 1001": says_goodbye(1001, ""),
    "says 3000": says_goodbye(3000, "Grüße"),
    "says 4999": says_goodbye(4999, "r" * 123),
    "hears 1000": hears_goodbye(1000, "done"),
    "hears 1001": hears_goodbye(1001, ""),
    "hears 1008": hears_goodbye(1008, "policy"),
    "hears 1011": hears_goodbye(1011, "r" * 123),
    "hears 3000": hears_goodbye(3000, "Grüße"),
    "hears 4999": hears_goodbye(4999, "own"),
}


async def talk(url, origin):
    for name, case in PAGE.items():
        wrong = ""
        try:
            await asyncio.wait_for(case(Page(url, origin)), 60)
        except BaseException as e:  # each case is told by itself
            wrong = "%s: %s" % (type(e).__name__, e)
        say(case=name, wrong=wrong)


if sys.argv[1] == "serve":
    asyncio.run(serve())
else:
    asyncio.run(talk(sys.argv[2], sys.argv[3]))
