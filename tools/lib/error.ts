/** A failure with what the person in front of it can do about it. */
export class ErrorWithRemedy extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(`${message}\n  ${remedy}`);
    this.name = 'ErrorWithRemedy';
    this.remedy = remedy;
  }
}
