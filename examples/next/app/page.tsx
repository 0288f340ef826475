import { Home } from "../page/Home.tsx"

export default function HomePage() {
  return <Home />
}
