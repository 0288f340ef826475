/** Several of a list, the same one more than once if wanted: a row of what was chosen, and a box to add to it. */
import { Group, Pill, Select, type SelectProps, Text } from "@mantine/core"
import { IconPlus } from "@tabler/icons-react"
import type { FormField } from "@simstream/example-simulations"
import { useId } from "react"

interface Props {
  readonly field: Extract<FormField, { kind: "multiselect" }>
  readonly value: ReadonlyArray<string>
  readonly problem: string | undefined
  readonly onChange: (value: ReadonlyArray<string>) => void
}

export const ItemsField = ({ field, value, problem, onChange }: Props) => {
  const hint = useId()
  const isFull = value.length >= field.maxItems
  const optionOf = (item: string) => field.options.find((option) => option.value === item)
  const labelOf = (item: string) => optionOf(item)?.label ?? item
  /** What is left out of what was chosen. */
  const remarks = [...new Set(value)].flatMap((item) => {
    const description = optionOf(item)?.description
    return description === undefined ? [] : [`${labelOf(item)} ${description}`]
  })
  const renderOption: SelectProps["renderOption"] = ({ option }) => (
    <div>
      {option.label}
      <Text size="xs" c="dimmed">
        {optionOf(option.value)?.description}
      </Text>
    </div>
  )
  return (
    <div data-testid={`config-${field.name}`}>
      <Select
        // Mounted anew for each addition, which empties its search
        key={value.length}
        label={
          <Group component="span" justify="space-between" display="flex">
            {field.label}
            <Text component="span" size="xs" c="dimmed" id={hint}>
              {value.length} of {field.maxItems}
            </Text>
          </Group>
        }
        labelProps={{ display: "block" }}
        aria-describedby={hint}
        placeholder={isFull ? "All slots are taken" : "Add…"}
        leftSection={<IconPlus size={16} aria-hidden />}
        data={field.options.map((option) => ({ value: option.value, label: option.label }))}
        renderOption={renderOption}
        value={null}
        onChange={(item) => item !== null && onChange([...value, item])}
        disabled={isFull}
        error={problem}
        searchable
        nothingFoundMessage="Nothing by that name"
        limit={200}
        maxDropdownHeight={280}
      />
      {value.length > 0 && (
        <Pill.Group mt="xs" gap={6}>
          {value.map((item, slot) => (
            <Pill
              // The same item may stand twice: a slot is what tells them apart
              key={`${slot} ${item}`}
              size="md"
              className="pill"
              withRemoveButton
              onRemove={() => onChange(value.filter((_, other) => other !== slot))}
              removeButtonProps={{
                "aria-label": `Remove ${labelOf(item)}`,
                tabIndex: 0,
                "aria-hidden": false,
              }}
            >
              {labelOf(item)}
            </Pill>
          ))}
        </Pill.Group>
      )}
      {field.description !== undefined && (
        <Text size="xs" c="dimmed" mt={6}>
          {field.description}
          {remarks.length > 0 && ` Simulated here: ${remarks.join("; ")}.`}
        </Text>
      )}
    </div>
  )
}
