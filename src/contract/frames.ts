/** Framing of the trainer's pipe: see `trainer.ts`. No Node import: both ends hand over and receive `Uint8Array`s. */
import { MAX_BODY, MAX_HEADER } from './trainer'

export interface Frame {
  header: unknown
  body: Uint8Array
}

const text = { encode: new TextEncoder(), decode: new TextDecoder('utf-8', { fatal: true }) }
const NOTHING = new Uint8Array(0)

/** One frame as bytes. */
export function encodeFrame(header: unknown, body: Uint8Array = NOTHING): Uint8Array {
  const head = text.encode.encode(JSON.stringify(header))
  if (head.length > MAX_HEADER || body.length > MAX_BODY) throw new RangeError('frame too large')
  const frame = new Uint8Array(8 + head.length + body.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, head.length, true)
  view.setUint32(4, body.length, true)
  frame.set(head, 8)
  frame.set(body, 8 + head.length)
  return frame
}

/** Collects chunks as they arrive and calls `onFrame` for each whole frame. Throws on a frame over the limits. */
export class FrameReader {
  private chunks: Uint8Array[] = []
  private held = 0
  constructor(private readonly onFrame: (frame: Frame) => void) {}

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.held += chunk.length
    while (this.held >= 8) {
      const start = this.peek(8)
      const view = new DataView(start.buffer, start.byteOffset, 8)
      const [head, body] = [view.getUint32(0, true), view.getUint32(4, true)]
      if (head > MAX_HEADER || body > MAX_BODY) throw new RangeError('frame too large')
      if (this.held < 8 + head + body) return
      const frame = this.peek(8 + head + body)
      this.drop(8 + head + body)
      this.onFrame({
        header: JSON.parse(text.decode.decode(frame.subarray(8, 8 + head))),
        // A copy (a Buffer's own `slice` is none): the pipe's buffers may go, and float views need an aligned start.
        body: new Uint8Array(frame.subarray(8 + head)),
      })
    }
  }

  private peek(length: number): Uint8Array {
    if (this.chunks[0]!.length < length) {
      const joined = new Uint8Array(this.held)
      let at = 0
      for (const chunk of this.chunks) {
        joined.set(chunk, at)
        at += chunk.length
      }
      this.chunks = [joined]
    }
    return this.chunks[0]!.subarray(0, length)
  }

  private drop(length: number): void {
    this.chunks[0] = this.chunks[0]!.subarray(length)
    this.held -= length
    if (this.chunks[0]!.length === 0) this.chunks.shift()
  }
}
