import Image from 'next/image';

export default function Home() {
  return (
    <main>
      <h1>First edition</h1>
      <Image src="/photo.png" alt="A photo" width={640} height={480} />
    </main>
  );
}
