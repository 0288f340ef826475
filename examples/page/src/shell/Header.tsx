/** The bar at the top: home, a new run where the form is out of sight, light and dark. */
import {
  ActionIcon,
  Button,
  Group,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core"
import { IconMoon, IconPlus, IconSun } from "@tabler/icons-react"
import { PageLink } from "../links.tsx"

export const Header = ({ withNewRun }: { readonly withNewRun: boolean }) => {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme("light")
  const other = scheme === "dark" ? "light" : "dark"
  return (
    <header className="header">
      <div className="header-inner">
        <PageLink href="/" className="brand" aria-label="Simstream, home">
          <Logo />
          <span>Simstream</span>
        </PageLink>
        <Group gap="xs">
          {withNewRun && (
            <Button
              component={PageLink}
              href="/"
              size="xs"
              variant="light"
              hiddenFrom="md"
              leftSection={<IconPlus size={14} aria-hidden />}
            >
              New run
            </Button>
          )}
          <Tooltip label={`Switch to ${other}`}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={`Switch to ${other} colours`}
              onClick={() => setColorScheme(other)}
            >
              {scheme === "dark" ? <IconSun size={20} aria-hidden /> : <IconMoon size={20} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        </Group>
      </div>
    </header>
  )
}

const Logo = () => (
  <svg viewBox="0 0 32 32" width={28} height={28} aria-hidden className="logo">
    <rect width={32} height={32} rx={8} />
    <g fill="#fff">
      <rect x={6} y={19} width={4} height={7} rx={1.5} opacity={0.65} />
      <rect x={11.5} y={12} width={4} height={14} rx={1.5} />
      <rect x={17} y={6} width={4} height={20} rx={1.5} />
      <rect x={22.5} y={15} width={4} height={11} rx={1.5} opacity={0.65} />
    </g>
  </svg>
)
