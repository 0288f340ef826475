/** Says that a run was not started, where it was asked for outside of the form. */
import { Alert } from "@mantine/core"
import { IconAlertCircle } from "@tabler/icons-react"
import { explain } from "../problems.ts"

interface Props {
  readonly error: Error
  readonly onClose: () => void
}

export const StartFailed = ({ error, onClose }: Props) => {
  const { title, detail } = explain(error)
  return (
    <Alert
      color="red"
      radius="lg"
      mb="md"
      icon={<IconAlertCircle aria-hidden />}
      title={title}
      role="alert"
      withCloseButton
      closeButtonLabel="Close"
      onClose={onClose}
    >
      {detail}
    </Alert>
  )
}
