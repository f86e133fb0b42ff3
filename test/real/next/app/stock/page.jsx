export const dynamic = 'force-static';

export default function Stock() {
  return <p>{`counted at ${Date.now()}`}</p>;
}
