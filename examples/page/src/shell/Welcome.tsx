/** What stands in the place of a run before there is one: what this is, and runs to start with a click. */
import { Button, Card, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import { IconArrowRight } from "@tabler/icons-react"
import type { RunRequest } from "../form/draft.ts"

interface Preset {
  readonly title: string
  readonly text: string
  readonly request: RunRequest
}

const PRESETS: ReadonlyArray<Preset> = [
  {
    title: "Juggernaut with Daedalus",
    text: "A million one-minute fights at level 1. How much does a 30% critical strike bring, and how much luck is in it?",
    request: {
      simulation: "dota-dps",
      config: { hero: "juggernaut", level: 1, items: ["greater_crit"] },
      iterations: 1_000_000,
    },
  },
  {
    title: "Until it is known to ±0.1%",
    text: "Phantom Assassin at level 20 against 15 armour. It stops by itself as soon as the mean is precise enough.",
    request: {
      simulation: "dota-dps",
      config: {
        hero: "phantom_assassin",
        level: 20,
        items: ["greater_crit", "butterfly", "desolator"],
        durationSeconds: 30,
        targetArmor: 15,
      },
      iterations: 10_000_000,
      stop: { precision: { metric: "dps", relative: 0.001 } },
    },
  },
  {
    title: "Does the money last?",
    text: "Thirty years of saving, thirty of spending, through stock markets as they were from 2000 to 2020.",
    request: { simulation: "retirement", config: {}, iterations: 500_000 },
  },
  {
    title: "What to cast first",
    text: "Three minutes at a training dummy, 200,000 times. Put the list in another order and compare.",
    request: { simulation: "spell-rotation", config: {}, iterations: 200_000 },
  },
]

interface Props {
  readonly disabled: boolean
  readonly onStart: (request: RunRequest) => void
}

export const Welcome = ({ disabled, onStart }: Props) => (
  <Stack gap="lg">
    <Card withBorder radius="lg" padding="xl" className="card welcome">
      <div>
        <Title order={1} size="h2" mb="xs">
          Watch a simulation converge
        </Title>
        <Text c="dimmed" maw={440}>
          Start a run and see its mean settle, its interval close in and its histogram fill, live. Close the
          tab, lose the connection, come back: the run is where it is.
        </Text>
      </div>
      <BellCurve />
    </Card>
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md" className="presets">
      {PRESETS.map(({ title, text, request }) => (
        <Card key={title} withBorder radius="lg" padding="lg" className="card preset">
          <Title order={2} size="h5" className="preset-title">
            {title}
          </Title>
          <Text size="sm" c="dimmed" mb="md" className="preset-text">
            {text}
          </Text>
          <Button
            variant="light"
            size="sm"
            disabled={disabled}
            rightSection={<IconArrowRight size={16} aria-hidden />}
            onClick={() => onStart(request)}
            aria-label={`Start: ${title}`}
          >
            Start
          </Button>
        </Card>
      ))}
    </SimpleGrid>
  </Stack>
)

const BARS = 29
const MIDDLE = (BARS - 1) / 2

/** An ornament: the shape that they all come to. */
const BellCurve = () => (
  <svg viewBox="0 0 290 120" className="bell" aria-hidden>
    {Array.from({ length: BARS }, (_, at) => {
      const height = 4 + 104 * Math.exp(-0.5 * ((at - MIDDLE) / 5.2) ** 2)
      return <rect key={at} x={at * 10 + 1} y={114 - height} width={8} height={height} rx={2.5} />
    })}
    <line x1={145} x2={145} y1={0} y2={114} />
  </svg>
)
