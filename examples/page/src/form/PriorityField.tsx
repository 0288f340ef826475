/**
 * A list to put in order: by dragging with a mouse or a finger, by the keyboard (space on a handle lifts a row, arrows move
 * it), or by the buttons beside it. Each way tells a screen reader where a row has come to.
 */
import {
  type Announcements,
  closestCenter,
  DndContext,
  type DragEndEvent,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core"
import {
  arrayMove,
  SortableContext,
  sortableKeyboardCoordinates,
  useSortable,
  verticalListSortingStrategy,
} from "@dnd-kit/sortable"
import { CSS } from "@dnd-kit/utilities"
import { ActionIcon, Input, Text, VisuallyHidden } from "@mantine/core"
import { IconChevronDown, IconChevronUp, IconGripVertical } from "@tabler/icons-react"
import type { FieldOption, FormField } from "@simstream/example-simulations"
import { useId, useState } from "react"

interface Props {
  readonly field: Extract<FormField, { kind: "priority" }>
  readonly value: ReadonlyArray<string>
  readonly problem: string | undefined
  readonly onChange: (value: ReadonlyArray<string>) => void
}

/** A pointer that has moved so far means to drag; less is a click. */
const DRAG_DISTANCE = 4

export const PriorityField = ({ field, value, problem, onChange }: Props) => {
  const id = useId()
  const [said, setSaid] = useState("")
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: DRAG_DISTANCE } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  )
  const labelOf = (key: unknown) => field.options.find((option) => option.value === key)?.label ?? String(key)
  const placeOf = (key: unknown) => value.indexOf(String(key)) + 1
  const at = (key: unknown, place: number) => `${labelOf(key)} is at place ${place} of ${value.length}.`

  const announcements: Announcements = {
    onDragStart: ({ active }) => `Lifted. ${at(active.id, placeOf(active.id))}`,
    onDragOver: ({ active, over }) => (over === null ? undefined : at(active.id, placeOf(over.id))),
    onDragEnd: ({ active, over }) => `Dropped. ${at(active.id, placeOf((over ?? active).id))}`,
    onDragCancel: ({ active }) => `Put back. ${at(active.id, placeOf(active.id))}`,
  }

  const move = (from: number, to: number) => {
    const moved = value[from]
    if (moved === undefined || to < 0 || to >= value.length) return
    onChange(arrayMove([...value], from, to))
    setSaid(at(moved, to + 1))
  }
  const drop = ({ active, over }: DragEndEvent) => {
    if (over !== null && over.id !== active.id) {
      onChange(arrayMove([...value], value.indexOf(String(active.id)), value.indexOf(String(over.id))))
    }
  }

  return (
    <div data-testid={`config-${field.name}`} role="group" aria-labelledby={`${id}-label`}>
      <Input.Label component="div" labelElement="div" id={`${id}-label`}>
        {field.label}
      </Input.Label>
      {field.description !== undefined && <Input.Description mb={8}>{field.description}</Input.Description>}
      <DndContext
        // The ids that it makes by itself differ between server and browser
        id={id}
        sensors={sensors}
        collisionDetection={closestCenter}
        onDragEnd={drop}
        accessibility={{ announcements }}
      >
        <SortableContext items={[...value]} strategy={verticalListSortingStrategy}>
          <ol className="priorities">
            {value.map((key, index) => (
              <Row
                key={key}
                value={key}
                option={field.options.find((option) => option.value === key)}
                index={index}
                isLast={index === value.length - 1}
                onMove={(by) => move(index, index + by)}
              />
            ))}
          </ol>
        </SortableContext>
      </DndContext>
      {problem !== undefined && <Input.Error mt={6}>{problem}</Input.Error>}
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </div>
  )
}

interface RowProps {
  readonly value: string
  readonly option: FieldOption | undefined
  readonly index: number
  readonly isLast: boolean
  readonly onMove: (by: 1 | -1) => void
}

const Row = ({ value, option, index, isLast, onMove }: RowProps) => {
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } =
    useSortable({ id: value })
  const label = option?.label ?? value
  return (
    <li
      ref={setNodeRef}
      className="priority"
      data-dragging={isDragging || undefined}
      style={{ transform: CSS.Translate.toString(transform), transition }}
    >
      <ActionIcon
        ref={setActivatorNodeRef}
        variant="subtle"
        color="gray"
        className="priority-handle"
        {...attributes}
        {...listeners}
        aria-label={`Drag ${label}`}
      >
        <IconGripVertical size={16} aria-hidden />
      </ActionIcon>
      <div className="priority-text">
        <Text size="sm" fw={500}>
          <Text component="span" c="dimmed" inherit className="tabular">
            {index + 1}{" "}
          </Text>
          {label}
        </Text>
        {option?.description !== undefined && (
          <Text size="xs" c="dimmed">
            {option.description}
          </Text>
        )}
      </div>
      <div className="priority-buttons">
        {/* Disabled by ARIA alone, so that whoever moves a row to an end keeps the focus */}
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Move ${label} up`}
          aria-disabled={index === 0}
          onClick={() => onMove(-1)}
        >
          <IconChevronUp size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Move ${label} down`}
          aria-disabled={isLast}
          onClick={() => onMove(1)}
        >
          <IconChevronDown size={16} aria-hidden />
        </ActionIcon>
      </div>
    </li>
  )
}
