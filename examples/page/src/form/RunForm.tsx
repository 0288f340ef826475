/** The form that starts a run. What it holds is the caller's, so that presets and repeats can fill it in. */
import {
  ActionIcon,
  Alert,
  Button,
  Card,
  Divider,
  NumberInput,
  SegmentedControl,
  Select,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
  Tooltip,
} from "@mantine/core"
import { IconAlertCircle, IconDice3, IconPlayerPlayFilled } from "@tabler/icons-react"
import type { Catalogue } from "@simstream/example-simulations"
import { useState } from "react"
import { explain } from "../problems.ts"
import { isSimulationName } from "../views.ts"
import { ConfigFields } from "./ConfigFields.tsx"
import { type Draft, type Precision, requestOf, type RunRequest, valuesOf, withValue } from "./draft.ts"

interface Props {
  readonly catalogue: Catalogue
  readonly draft: Draft
  readonly onDraft: (draft: Draft) => void
  readonly starting: boolean
  /** Why the last start came to nothing. */
  readonly error: Error | null
  readonly onStart: (request: RunRequest) => void
}

/** Counts that are worth a click. */
const COUNTS = [10_000, 100_000, 1_000_000, 10_000_000]
const COUNT_LABELS = ["10K", "100K", "1M", "10M"]

const PRECISIONS: ReadonlyArray<{
  readonly value: string
  readonly label: string
  readonly precision: Precision
}> = [
  { value: "never", label: "When all iterations have run", precision: null },
  { value: "1%", label: "When it is known to ±1%", precision: 0.01 },
  { value: "0.1%", label: "When it is known to ±0.1%", precision: 0.001 },
  { value: "0.01%", label: "When it is known to ±0.01%", precision: 0.0001 },
]

const randomSeed = (): string => String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0)

export const RunForm = ({ catalogue, draft, onDraft, starting, error, onStart }: Props) => {
  const form = catalogue.forms[draft.simulation]
  /** What the page itself found, until the form is sent again. */
  const [found, setFound] = useState<Readonly<Record<string, string>>>({})
  const refused = error === null ? null : explain(error)
  const problems = { ...refused?.fields, ...found }
  const hasProblems = Object.keys(problems).length > 0

  const change = (next: Draft) => {
    setFound({})
    onDraft(next)
  }

  const submit = () => {
    const outcome = requestOf(draft, form)
    setFound(outcome.problems ?? {})
    if (outcome.request !== undefined) onStart(outcome.request)
  }

  return (
    <Card
      component="form"
      withBorder
      radius="lg"
      padding="lg"
      className="card"
      noValidate
      aria-labelledby="form-title"
      onSubmit={(event: { preventDefault: () => void }) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack gap="md">
        <Title order={2} size="h4" id="form-title">
          New run
        </Title>
        <SegmentedControl
          fullWidth
          aria-label="Simulation"
          data-testid="simulation"
          value={draft.simulation}
          onChange={(name) => isSimulationName(name) && change({ ...draft, simulation: name })}
          data={Object.entries(catalogue.forms).map(([name, { shortTitle }]) => ({
            value: name,
            label: shortTitle,
          }))}
        />
        <Text size="sm" c="dimmed" mt={-4}>
          {form.description}
        </Text>
        <ConfigFields
          fields={form.fields}
          values={valuesOf(draft, form.fields)}
          problems={problems}
          onChange={(name, value) => change(withValue(draft, name, value))}
        />
        <Divider />
        <div>
          <NumberInput
            label="Iterations"
            data-testid="iterations"
            value={draft.iterations}
            onChange={(iterations) => change({ ...draft, iterations })}
            error={problems["iterations"]}
            allowDecimal={false}
            thousandSeparator=","
            min={1}
            step={10_000}
            clampBehavior="none"
          />
          <SegmentedControl
            fullWidth
            size="xs"
            mt={6}
            aria-label="Usual numbers of iterations"
            value={String(draft.iterations)}
            onChange={(count) => change({ ...draft, iterations: Number(count) })}
            data={COUNTS.map((count, at) => ({
              value: String(count),
              label: COUNT_LABELS[at] ?? String(count),
            }))}
          />
        </div>
        <TextInput
          label="Seed"
          data-testid="seed"
          placeholder="Random"
          description="The same seed gives the same result, to the last bit."
          inputWrapperOrder={["label", "input", "description", "error"]}
          value={draft.seed}
          onChange={(event) => change({ ...draft, seed: event.currentTarget.value })}
          error={problems["seed"]}
          maxLength={256}
          autoComplete="off"
          rightSection={
            <Tooltip label="Pick a seed">
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label="Pick a seed"
                onClick={() => change({ ...draft, seed: randomSeed() })}
              >
                <IconDice3 size={18} aria-hidden />
              </ActionIcon>
            </Tooltip>
          }
        />
        <Select
          label="Stop"
          data-testid="stop"
          allowDeselect={false}
          data={PRECISIONS.map(({ value, label }) => ({ value, label }))}
          value={PRECISIONS.find(({ precision }) => precision === draft.precision)?.value ?? "never"}
          onChange={(chosen) =>
            change({
              ...draft,
              precision: PRECISIONS.find(({ value }) => value === chosen)?.precision ?? null,
            })
          }
        />
        {(refused !== null || hasProblems) && (
          <Alert
            color="red"
            variant="light"
            icon={<IconAlertCircle aria-hidden />}
            title={refused?.title ?? "The run was not started"}
            role="alert"
            data-testid="start-error"
          >
            {refused?.detail ?? "Some of the settings need another look; they are marked in the form."}
          </Alert>
        )}
        <Button
          type="submit"
          size="md"
          loading={starting}
          leftSection={<IconPlayerPlayFilled size={16} aria-hidden />}
          data-testid="start"
        >
          Start
        </Button>
      </Stack>
    </Card>
  )
}

/** Stands in while the catalogue is on its way. */
export const RunFormSkeleton = () => (
  <Card withBorder radius="lg" padding="lg" className="card" aria-busy="true" aria-label="Loading the form">
    <Stack gap="lg">
      <Skeleton height={22} width="40%" />
      <Skeleton height={36} />
      {[0, 1, 2, 3].map((line) => (
        <div key={line}>
          <Skeleton height={12} width="30%" mb={8} />
          <Skeleton height={36} />
        </div>
      ))}
      <Skeleton height={42} />
    </Stack>
  </Card>
)
