import { NothingHere } from "../page/NothingHere.tsx"

export default function NotFound() {
  return <NothingHere />
}
