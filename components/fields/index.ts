/**
 * Fields: the vocabulary that the schemas of all components are written in.
 *
 * Values end up in shell lines, unit files, nginx, Monit, sudoers and logrotate files, so
 * a field admits what it needs and nothing else: no white space, quotes, `;`, `{}`, `$`, `%`
 * (systemd's specifiers) or control characters, unless its description says so.
 *
 * Messages read after the value they complain about: `80 is below 1024; choose 1024 to 65535`.
 * Defaults go through `.prefault('30s')`, so that they are parsed like what a person wrote.
 */
export * from './amounts.ts';
export * from './calendar.ts';
export * from './matching.ts';
export * from './names.ts';
export * from './network.ts';
export * from './paths.ts';
export * from './text.ts';
export * from './urls.ts';
