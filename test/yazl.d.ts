/** The part of yazl that tests build zip files with; the package has no types of its own. */
declare module 'yazl' {
  interface EntryOptions {
    compress?: boolean
    mtime?: Date
    mode?: number
  }
  class ZipFile {
    readonly outputStream: NodeJS.ReadableStream
    addBuffer(buffer: Buffer, path: string, options?: EntryOptions): void
    addFile(file: string, path: string, options?: EntryOptions): void
    addEmptyDirectory(path: string, options?: EntryOptions): void
    end(): void
  }
}
