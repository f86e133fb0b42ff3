/** A control of a baseline: what must hold on a host, or why it is left out. */
export type Control = {
  readonly id: string;
  readonly title: string;
  /** A command of the shell that ends with 0 where it holds; run by goss. */
  readonly holds?: string;
  /** Why it is not asked for. */
  readonly left?: string;
};

export const holds = (id: string, title: string, command: string): Control => ({
  id,
  title,
  holds: command,
});
export const left = (id: string, title: string, why: string): Control => ({ id, title, left: why });

/** Owner, group and mode of a path, as stat prints them. */
export const file = (path: string, wanted: string): string =>
  `[ "$(stat -c '%U %G %a' ${path})" = '${wanted}' ]`;

/** A live setting of the kernel. */
export const kernel = (key: string, wanted: string): string =>
  `case "$(sysctl -n ${key})" in ${wanted}) ;; *) exit 1 ;; esac`;

/** What sshd takes for a setting, of all its files. */
export const sshd = (key: string, wanted: string): string =>
  `sshd -T | grep -ixE '${key} (${wanted})'`;

/** A directive of nginx's whole configuration. */
export const nginx = (pattern: string): string =>
  `nginx -T 2>/dev/null | grep -E '^[[:space:]]*${pattern}'`;
