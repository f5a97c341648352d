; The installer for Windows: for the user who runs it, without asking for an administrator. Not tested on Windows.
;
;   makensis -DVERSION=0.1.0 -DNUMBERS=0.1.0.0 -DFROM=folder -DTO=installer.exe oaklock.nsi
;
; FROM holds oaklock.exe, oaklock-window.exe, license.txt and licences.txt.
Unicode true
Target amd64-unicode ; as the programs are
!include MUI2.nsh
!include LogicLib.nsh

Name "Oaklock"
OutFile "${TO}"
InstallDir "$LOCALAPPDATA\Programs\Oaklock"
RequestExecutionLevel user ; Oaklock runs as the user, and so does what installs it
SetCompressor /SOLID lzma
SetDateSave off            ; the same files give the same installer
BrandingText "Oaklock ${VERSION}"
ShowInstDetails show

VIProductVersion "${NUMBERS}"
VIAddVersionKey ProductName "Oaklock"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileDescription "Installs Oaklock"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey LegalCopyright "The Oaklock authors"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Oaklock"
!define APP_PATHS "Software\Microsoft\Windows\CurrentVersion\App Paths\oaklock.exe"
!define AUTOSTART "Software\Microsoft\Windows\CurrentVersion\Run"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!insertmacro MUI_PAGE_LICENSE "${FROM}\license.txt"
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\oaklock.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; A program that runs cannot be replaced or removed. One that does not run says so, and that is as well.
!macro Quit
  ${If} ${FileExists} "$INSTDIR\oaklock.exe"
    DetailPrint "Ending Oaklock, where it runs"
    nsExec::ExecToLog '"$INSTDIR\oaklock.exe" quit'
    Pop $0
  ${EndIf}
!macroend

Section
  SetShellVarContext current
  !insertmacro Quit
  SetOutPath "$INSTDIR"
  File "${FROM}\oaklock.exe"
  File "${FROM}\oaklock-window.exe"
  File "${FROM}\license.txt"
  File "${FROM}\licences.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Oaklock.lnk" "$INSTDIR\oaklock.exe" "" "$INSTDIR\oaklock-window.exe" 0 SW_SHOWMINIMIZED
  WriteRegStr HKCU "${APP_PATHS}" "" "$INSTDIR\oaklock.exe"
  WriteRegStr HKCU "${UNINSTALL}" DisplayName "Oaklock"
  WriteRegStr HKCU "${UNINSTALL}" DisplayVersion "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" DisplayIcon "$INSTDIR\oaklock-window.exe"
  WriteRegStr HKCU "${UNINSTALL}" Publisher "The Oaklock authors"
  WriteRegStr HKCU "${UNINSTALL}" URLInfoAbout "https://github.com/oaklock/oaklock"
  WriteRegStr HKCU "${UNINSTALL}" UninstallString '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" NoModify 1
  WriteRegDWORD HKCU "${UNINSTALL}" NoRepair 1
SectionEnd

Section Uninstall
  SetShellVarContext current
  ; Without somebody to answer (/S) keys and data stay: they can be removed later, and not be brought back.
  ${If} ${Cmd} `MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Remove your keys and all of Oaklock's data too?$\n$\n\
Yes takes the keys out of the Windows Credential Manager, and deletes the sites, the settings and the log. \
It cannot be undone. The keys stay valid at their providers until you end them there.$\n$\n\
No keeps them for the next time." /SD IDNO IDYES`
    nsExec::ExecToLog '"$INSTDIR\oaklock.exe" reset --yes'
    Pop $0
    ${If} $0 != 0
    ${AndIf} ${Cmd} `MessageBox MB_YESNO|MB_ICONEXCLAMATION "Some of the keys or data could not be removed. The lines in \
this window say which.$\n$\nRemove the programs all the same?" IDNO`
      Abort "Oaklock was not removed."
    ${EndIf}
  ${Else}
    !insertmacro Quit
  ${EndIf}
  DeleteRegValue HKCU "${AUTOSTART}" "Oaklock"
  DeleteRegKey HKCU "${APP_PATHS}"
  DeleteRegKey HKCU "${UNINSTALL}"
  Delete "$SMPROGRAMS\Oaklock.lnk"
  Delete "$INSTDIR\oaklock.exe"
  Delete "$INSTDIR\oaklock-window.exe"
  Delete "$INSTDIR\license.txt"
  Delete "$INSTDIR\licences.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR" ; only when it is empty: it may be a folder that the user put other things into
SectionEnd
