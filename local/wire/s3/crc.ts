/** The two CRCs of S3 that Node lacks; used by checksums.ts. */

/** CRC-32C (Castagnoli), reflected polynomial 0x82F63B78. */
const crc32cTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** Continues a CRC-32C over more bytes; starts from 0. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let value = ~previous;
  for (const byte of bytes) value = (crc32cTable[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}

/** CRC-64/NVME, reflected polynomial, in two 32-bit halves: BigInt arithmetic per byte would be a hundred times slower. */
const polynomialHigh = 0x9a6c9329;
const polynomialLow = 0xac4bc9b5;
const tableHigh = new Int32Array(256);
const tableLow = new Int32Array(256);
for (let index = 0; index < 256; index++) {
  let high = 0;
  let low = index;
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (carry) {
      high ^= polynomialHigh;
      low ^= polynomialLow;
    }
  }
  tableHigh[index] = high;
  tableLow[index] = low;
}

/** The two halves of a CRC-64 under way. */
export interface Crc64 {
  readonly high: number;
  readonly low: number;
}

/** Continues a CRC-64/NVME over more bytes; starts from `{ high: 0, low: 0 }`. */
export function crc64nvme(bytes: Uint8Array, previous: Crc64): Crc64 {
  let high = ~previous.high;
  let low = ~previous.low;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (tableLow[index] ?? 0);
    high = (high >>> 8) ^ (tableHigh[index] ?? 0);
  }
  return { high: ~high, low: ~low };
}
