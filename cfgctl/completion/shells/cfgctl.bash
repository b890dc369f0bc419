# Completion of cfgctl for bash. cfgctl itself knows what a word may become.
_cfgctl() {
  mapfile -t COMPREPLY < <(
    cfgctl complete --line "$COMP_WORDBREAKS" -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null
  )
  case ${COMPREPLY-} in
    :files) COMPREPLY=() && compopt -o default ;;
    :directories) COMPREPLY=() && compopt -o dirnames ;;
    *[.=]) if ((${#COMPREPLY[@]} == 1)); then compopt -o nospace; fi ;;
  esac
}
complete -F _cfgctl cfgctl
