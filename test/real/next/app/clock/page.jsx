export const revalidate = 2;

export default function Clock() {
  return <p>{`made at ${Date.now()}`}</p>;
}
