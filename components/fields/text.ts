/** Text: values, arguments, keys, versions. */
import { z } from 'zod';
import { matching } from './matching.ts';

/** Value of an environment variable: any text, line breaks included; it must be quoted where it lands. */
export const environmentValue = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .refine((value) => !/(?![\n\t])[\p{Cc}\p{Cs}]/u.test(value), {
    error: 'holds a control character; encode it, for example as base64',
  })
  // systemd leaves them out, and writes the value to its journal; U+FFFD stands where a character was lost already.
  .refine((value) => !/[\p{Noncharacter_Code_Point}\uFFFD]/u.test(value), {
    error: 'holds a code point that is no character; encode it, for example as base64',
  })
  .refine((value) => value.length <= 32768, {
    error: 'is longer than 32768 characters; ship it as a file of the app',
  })
  .describe('Value of an environment variable, in quotes where it looks like a number or a date');

/** One argument of a command that runs without a shell. */
export const argument = matching(
  /^[A-Za-z0-9_./:=,@+-]{1,255}$/,
  'is not a plain argument; use letters, digits and _./:=,@+-',
).describe('Argument of a command; no shell reads it');

/**
 * A command that runs without a shell: a program, and its arguments. What is inside the app stays there.
 * @example command.parse(['bin/import', '--all'])
 */
export const command = z
  .array(argument)
  .min(1, 'is empty; give a command')
  .refine(([program = '']) => !program.split('/').includes('..'), {
    path: [0],
    error: 'leads out of where it begins, by ..; write an absolute path, or one inside the app',
  });

/** A short piece of plain text to look for in an answer; spaces are allowed inside. */
export const plainText = matching(
  /^[A-Za-z0-9_.,:/+@=-](?:[A-Za-z0-9 _.,:/+@=-]{0,198}[A-Za-z0-9_.,:/+@=-])?$/,
  'is not plain text; use letters, digits, spaces and _.,:/+@=-',
).describe('Plain text: letters, digits, spaces and _.,:/+@=-');

/** The name of a header of an answer. */
export const headerName = matching(
  /^[A-Za-z][A-Za-z0-9-]{0,63}$/,
  'is not the name of a header; use letters, digits and hyphens, such as X-Frame-Options',
).describe('Name of a header, such as X-Frame-Options');

/** The name of a parameter in the query of a URL, such as nginx knows it. */
export const queryName = matching(
  /^[A-Za-z0-9_]{1,64}$/,
  'is not the name of a parameter; use letters, digits and _',
).describe('Name of a parameter in the query of a URL');

/** The name of a cookie: a token of RFC 6265, without what is nowhere in use. */
export const cookieName = matching(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/,
  'is not the name of a cookie; use letters, digits and _.-, such as connect.sid',
).describe('Name of a cookie');

/** The value of a header: printable, without `$`, which nginx has no way to write. Quotes must be escaped where it lands. */
export const headerValue = matching(
  /^(?=[^ ])[ !"#%-~]{1,2048}(?<! )$/,
  'is not the value of a header; use printable ASCII without $, on one line',
).describe('Value of a header');

/** One exact version of Node.js. */
export const exactVersion = matching(
  /^(?:0|[1-9][0-9]{0,3})(?:\.(?:0|[1-9][0-9]{0,3})){2}$/,
  'is not an exact version; write all three numbers, such as 24.11.0',
).describe('Exact version, such as 24.11.0');

/** A line of versions of Node.js, or one version of it. */
export const nodeVersion = matching(
  /^[1-9][0-9]{1,2}(?:\.(?:0|[1-9][0-9]{0,3})){0,2}$/,
  'is neither debian, none nor a version of Node.js; write one such as 24 or 24.11.0',
).describe('Version of Node.js, such as 24 or 24.11.0');

/** The SHA-256 of a file. */
export const digest = matching(
  /^[0-9a-f]{64}$/,
  'is not a SHA-256; give the 64 lower-case hex digits that sha256sum prints',
).describe('SHA-256 as sha256sum prints it');

/** An OpenSSH public key in the form of an authorized_keys line without options. */
export const publicKey = matching(
  /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]{40,2000}={0,2}(?: [A-Za-z0-9@._-]{1,100})?$/,
  'is not an OpenSSH public key; give the one line of the .pub file, without options',
).describe('OpenSSH public key: the line of a .pub file');
