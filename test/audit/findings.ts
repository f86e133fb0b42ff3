/** What scanners say of a host as the kit leaves it, and why that stays so. What is not here is a fault. */

/** Of Lynis, by the number of its test. */
export const lynis: Readonly<Record<string, string>> = {};

/** Of testssl.sh above low, by its name. */
export const tls: Readonly<Record<string, string>> = {};

/** Of ssh-audit, by algorithm or name. */
export const ssh: Readonly<Record<string, string>> = {};
