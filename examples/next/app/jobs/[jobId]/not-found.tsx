import { Gone } from "../../../page/Gone.tsx"

export default function JobNotFound() {
  return <Gone />
}
