import { type ReactNode, useEffect, useRef, useState } from "react";

const marginPx = 2400;

/**
 * Takes its content out of the document while it is far out of sight, leaving a gap of the same height, so that a
 * long list costs no more than a short one. What is being edited stays.
 */
export function Windowed({ estimate, children }: { estimate: number; children: ReactNode }) {
  const frame = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(true);
  const [height, setHeight] = useState(estimate);

  useEffect(() => {
    const observer = new IntersectionObserver(
      ([entry]) => {
        const own = frame.current;
        if (!entry || !own) return;
        if (entry.isIntersecting) setNear(true);
        else if (!own.querySelector("textarea, :focus, dialog")) {
          setHeight(entry.boundingClientRect.height);
          setNear(false);
        }
      },
      { rootMargin: `${marginPx}px 0px` },
    );
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);

  return (
    <div ref={frame} style={near ? undefined : { height }}>
      {near && children}
    </div>
  );
}
