// SPDX-License-Identifier: Apache-2.0
// The CT in the browser: sent once, in chunks of slices, the one on the screen first.

import { getBytes } from "/page/api.js";

export class ScanVolume {
  // `part` is what of the case is fetched: the CT, or the map of an explanation.
  constructor(scan, part = "volume") {
    this.scan = scan;
    this.part = part;
    const { slices, rows, columns } = scan;
    this.extent = [columns, rows, slices];
    this.values = new Int16Array(slices * rows * columns);
    this.loaded = new Array(scan.chunks).fill(false);
    this.onchunk = () => {};
  }

  has(slice) {
    return this.loaded[Math.floor(slice / this.scan.chunkSlices)];
  }

  get share() {
    return this.loaded.filter(Boolean).length / this.loaded.length;
  }

  hu(x, y, z) {
    return this.values[(z * this.scan.rows + y) * this.scan.columns + x];
  }

  // Fetches all chunks, from the one that holds a slice outwards, two at a time.
  async load(slice) {
    const first = Math.floor(slice / this.scan.chunkSlices);
    const order = this.loaded.map((_, number) => number)
      .sort((a, b) => Math.abs(a - first) - Math.abs(b - first));
    await this.fetch(order.shift());
    const take = async () => {
      while (order.length) await this.fetch(order.shift());
    };
    await Promise.all([take(), take()]);
  }

  async fetch(number) {
    const bytes = await getBytes(`/api/cases/${this.scan.number}/${this.part}/${number}`);
    const { columns, rows, chunkSlices } = this.scan;
    const count = bytes.length / 2;
    let at = number * chunkSlices * rows * columns;
    // Rows hold differences; low bytes of all values come first, high bytes after them.
    for (let row = 0; row < count; row += columns) {
      let value = 0;
      for (let i = row; i < row + columns; i += 1) {
        value = (value + (bytes[i] | (bytes[count + i] << 8))) << 16 >> 16;
        this.values[at] = value;
        at += 1;
      }
    }
    this.loaded[number] = true;
    this.onchunk(number);
  }
}
