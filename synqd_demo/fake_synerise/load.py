"""A load for `measure`, run as a program of its own by its file name, so it imports nothing but asyncio.

Arguments: port, seconds. Standard input: one complete HTTP request, which is sent over a few connections
again and again, each time as soon as the answer is there. Standard output: the number of answers.
"""

import asyncio
import sys

CONNECTIONS = 4


async def send(port: int, request: bytes, seconds: float) -> int:
    """Send the request until the time is over; give the number of answers."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    end, answers = loop.time() + seconds, 0
    while loop.time() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith((b"HTTP/1.1 202", b"HTTP/1.1 200")):
            raise SystemExit(f"unexpected answer: {head!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        answers += 1
    writer.close()
    return answers


async def run(port: int, request: bytes, seconds: float) -> int:
    """Send over all connections at once; give the number of all answers."""
    return sum(await asyncio.gather(*(send(port, request, seconds) for _ in range(CONNECTIONS))))


if __name__ == "__main__":
    answered = asyncio.run(run(int(sys.argv[1]), sys.stdin.buffer.read(), float(sys.argv[2])))
    sys.stdout.write(str(answered))
