/** The pipe to main (descriptor 3): commands in, events out, both framed and both checked. */
import { Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../contract/frames'
import { Command, type TrainerEvent } from '../contract/trainer'

export interface Channel {
  tell(event: TrainerEvent, body?: Uint8Array): void
  /** Resolves when everything told has been handed to the system; at once when main is gone. */
  flushed(): Promise<void>
  end(): Promise<void>
}

export interface ChannelOptions {
  onCommand: (command: Command, body: Uint8Array) => void
  /** Main has gone, or says what is not in the contract (`reason`). */
  onClose: (reason: string | null) => void
}

/** Descriptor 3 of a program started by hand is not a pipe to main: throws then. */
export function openChannel({ onCommand, onClose }: ChannelOptions): Channel {
  const socket = new Socket({ fd: 3, readable: true, writable: true })
  let closed = false
  const close = (reason: string | null) => {
    if (closed) return
    closed = true
    socket.destroy()
    onClose(reason)
  }
  const reader = new FrameReader(({ header, body }) => {
    const command = Command.safeParse(header)
    if (command.success) onCommand(command.data, body)
    else close(`not a command: ${command.error.issues[0]?.message}`)
  })
  socket.on('data', (chunk: Uint8Array) => {
    if (closed) return
    try {
      reader.push(chunk)
    } catch (error) {
      close((error as Error).message)
    }
  })
  socket.on('end', () => close(null))
  socket.on('close', () => close(null))
  // A broken pipe is main's end, which `close` tells.
  socket.on('error', () => {})

  const flushed = () =>
    new Promise<void>((done) => {
      if (closed || socket.writableLength === 0) return done()
      socket.once('close', done)
      socket.write(new Uint8Array(0), () => done())
    })
  return {
    tell(event, body) {
      if (!closed) socket.write(encodeFrame(event, body))
    },
    flushed,
    async end() {
      await flushed()
      closed = true
      socket.destroy()
    },
  }
}
