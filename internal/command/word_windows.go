package command

const onWindows = true
