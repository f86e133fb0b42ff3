/** Whole lines of what arrives in pieces. */

/**
 * The lines of a stream, each without its end; the last one also where it has none.
 * @example for await (const line of linesOf(channel)) console.log(line)
 */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  // Bytes: a character may come in two pieces. The pieces of a long line are joined once.
  let begun: Buffer[] = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, at)]).toString();
      begun = [];
      from = at + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begun.length > 0) yield Buffer.concat(begun).toString();
}

/** The last one first. */
export async function* backwards<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  yield* all.reverse();
}

/** Several that are in order, as one that is in order: each comes as far as the others need it. */
export async function* merged<T>(
  sources: readonly AsyncIterator<T>[],
  before: (a: T, b: T) => boolean,
): AsyncGenerator<T> {
  const heads = await Promise.all(
    sources.map(async (source) => ({ source, next: await source.next() })),
  );
  for (;;) {
    const left = heads.filter(({ next }) => !next.done);
    const [first] = left;
    if (!first) return;
    const least = left.reduce((a, b) => (before(b.next.value, a.next.value) ? b : a), first);
    yield least.next.value;
    least.next = await least.source.next();
  }
}
