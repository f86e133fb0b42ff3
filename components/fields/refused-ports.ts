/**
 * Ports above 1023 that fetch and browsers refuse to ask, as the Fetch standard has them: an app behind one of them
 * could not even ask itself.
 */
export const refusedPorts: ReadonlySet<number> = new Set([
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566],
  ...[6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);
