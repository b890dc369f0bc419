# Completion of cfgctl for fish. cfgctl itself knows what a word may become.
function __cfgctl_complete
    set -l word (string unescape -- (commandline -ct)); or set word (commandline -ct)
    set -l found (cfgctl complete -- (commandline -opc)[2..-1] "$word" 2>/dev/null)
    switch "$found[1]"
        case ''
            return
        case :files
            __fish_complete_path (commandline -ct)
        case :directories
            __fish_complete_directories (commandline -ct) ''
        case '*'
            printf '%s\n' $found
    end
end
complete -c cfgctl -f -a '(__cfgctl_complete)'
