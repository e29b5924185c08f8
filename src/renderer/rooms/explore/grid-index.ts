/** Finds the nearest of many points in the plane: a uniform grid with counting sort, so 100,000 points index in a few ms. */
export class GridIndex {
  private readonly starts: Uint32Array
  private readonly order: Uint32Array
  private readonly columns: number
  private readonly rows: number
  private readonly cell: number
  private readonly left: number
  private readonly top: number

  /** `points`: x0 y0 x1 y1 …, finite. About two points a cell. */
  constructor(private readonly points: Float32Array) {
    const count = points.length / 2
    const box = boundsOf(points)
    this.left = box.left
    this.top = box.top
    const [width, height] = [box.right - box.left || 1, box.bottom - box.top || 1]
    this.cell = Math.max(Math.sqrt((width * height) / Math.max(1, count / 2)), Math.max(width, height) / 1024)
    this.columns = Math.floor(width / this.cell) + 1
    this.rows = Math.floor(height / this.cell) + 1
    this.starts = new Uint32Array(this.columns * this.rows + 1)
    this.order = new Uint32Array(count)
    for (let i = 0; i < count; i++) this.starts[this.cellOf(i) + 1]!++
    for (let c = 0; c < this.columns * this.rows; c++) this.starts[c + 1]! += this.starts[c]!
    const next = this.starts.slice()
    for (let i = 0; i < count; i++) this.order[next[this.cellOf(i)]!++] = i
  }

  private cellOf(i: number): number {
    return this.row(this.points[2 * i + 1]!) * this.columns + this.column(this.points[2 * i]!)
  }
  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.left) / this.cell)))
  }
  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y - this.top) / this.cell)))
  }

  /** Index of the point nearest to (x, y) within `radius`, or -1. Rings of cells outwards, until none nearer can come. */
  nearest(x: number, y: number, radius = Infinity): number {
    let found = -1
    let best = radius * radius
    const [column, row] = [this.column(x), this.row(y)]
    const rings = Math.max(this.columns, this.rows)
    for (let ring = 0; ring <= rings; ring++) {
      // Anything in this ring is at least this far away (measured from the clamped cell, which only makes it smaller).
      const least = (ring - 1) * this.cell
      if (ring > 1 && least * least > best) break
      for (let r = row - ring; r <= row + ring; r++) {
        if (r < 0 || r >= this.rows) continue
        const whole = r === row - ring || r === row + ring
        for (let c = column - ring; c <= column + ring; c += whole ? 1 : Math.max(1, 2 * ring)) {
          if (c < 0 || c >= this.columns) continue
          const cell = r * this.columns + c
          for (let k = this.starts[cell]!; k < this.starts[cell + 1]!; k++) {
            const i = this.order[k]!
            const distance = (this.points[2 * i]! - x) ** 2 + (this.points[2 * i + 1]! - y) ** 2
            if (distance < best || (distance === best && found < 0)) [found, best] = [i, distance]
          }
        }
      }
    }
    return found
  }

  /**
   * Up to `limit` points of a rectangle, at most one for each square of `side` and none nearer to another than `apart`, so that
   * dense places do not take all. The squares lie fixed in the plane and near rivals are settled by their numbers: the same
   * points are chosen again while the rectangle moves.
   */
  spread(box: Box, side: number, apart: number, limit: number): number[] {
    const chosen = new Map<number, number>()
    // Both coordinates in one number: a key that costs nothing, for it is made for every point that is seen.
    const square = (x: number, y: number): number => Math.floor(x / side) * 2 ** 26 + Math.floor(y / side)
    // A square further out on every side, because what lies there decides too.
    const outer = {
      left: (Math.floor(box.left / side) - 1) * side,
      top: (Math.floor(box.top / side) - 1) * side,
      right: (Math.ceil(box.right / side) + 1) * side,
      bottom: (Math.ceil(box.bottom / side) + 1) * side,
    }
    for (let r = this.row(outer.top); r <= this.row(outer.bottom); r++) {
      for (let c = this.column(outer.left); c <= this.column(outer.right); c++) {
        const cell = r * this.columns + c
        for (let k = this.starts[cell]!; k < this.starts[cell + 1]!; k++) {
          const i = this.order[k]!
          const [x, y] = [this.points[2 * i]!, this.points[2 * i + 1]!]
          if (x < outer.left || x >= outer.right || y < outer.top || y >= outer.bottom) continue
          const key = square(x, y)
          if (!(chosen.get(key)! < i)) chosen.set(key, i)
        }
      }
    }
    return [...chosen.values()].filter((i) => !this.crowded(i, chosen, square, side, apart)).slice(0, limit)
  }

  /** Whether the choice of a square around has a smaller number and lies too near. */
  private crowded(
    i: number,
    chosen: Map<number, number>,
    square: (x: number, y: number) => number,
    side: number,
    apart: number,
  ): boolean {
    const [x, y] = [this.points[2 * i]!, this.points[2 * i + 1]!]
    for (const dx of [-side, 0, side]) {
      for (const dy of [-side, 0, side]) {
        const other = chosen.get(square(x + dx, y + dy))
        if (other === undefined || other >= i) continue
        if (Math.hypot(this.points[2 * other]! - x, this.points[2 * other + 1]! - y) < apart) return true
      }
    }
    return false
  }
}

export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** The rectangle around all points; a unit square around the origin when there are none. */
export function boundsOf(points: Float32Array): Box {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i]!, points[i + 1]!]
    if (x < box.left) box.left = x
    if (x > box.right) box.right = x
    if (y < box.top) box.top = y
    if (y > box.bottom) box.bottom = y
  }
  return points.length ? box : { left: -1, top: -1, right: 1, bottom: 1 }
}
