// The mark: one bird ahead of the flock.
const WING = 'c3-8 8-8 11 0 3-8 8-8 11 0';

export function Birds() {
  return (
    <svg className="birds" viewBox="0 0 64 40" aria-hidden="true" fill="none" strokeWidth="3.4" strokeLinecap="round" strokeLinejoin="round">
      <path d={`M21 15${WING}`} stroke="#F3BA4F" />
      <path d={`M3 27${WING}`} stroke="#BFE0DE" />
      <path d={`M39 27${WING}`} stroke="#BFE0DE" />
      <path d={`M21 37${WING}`} stroke="#BFE0DE" opacity=".55" />
    </svg>
  );
}
