/** One line of a log, and which ones are wanted. */
export type Entry = {
  /** Microseconds since 1970; undefined where a file does not tell. */
  readonly time: number | undefined;
  /** Who wrote it, such as `shop@3700`. */
  readonly from: string;
  readonly text: string;
  /** Whether it is systemd's word about the app rather than the app's own. */
  readonly isAbout: boolean;
};

export type Wanted = {
  /** The last ones of a server's, or of a file's; all where it is undefined. */
  readonly lines: number | undefined;
  /** As journalctl reads it. */
  readonly since: string | undefined;
  /** A regular expression (PCRE2); without capitals it is found in either case. */
  readonly grep: string | undefined;
  readonly follow: boolean;
};
