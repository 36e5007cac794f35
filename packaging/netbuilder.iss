; Inno Setup 6: an installer for one user, without administrator's rights.
;
;   pyinstaller packaging/netbuilder.spec
;   iscc /DVersion=0.3.0 packaging/netbuilder.iss
;
; Writes dist/netbuilder-VERSION-windows.exe. It has not run yet (docs/platforms.md).

#ifndef Version
  #error "Name the version: iscc /DVersion=0.3.0 packaging/netbuilder.iss"
#endif

[Setup]
AppId={{6C5B0E0A-6B0B-4E55-9A55-2B1C6C1F7D42}
AppName=NetBuilder
AppVersion={#Version}
AppPublisher=NetBuilder
VersionInfoVersion={#Version}
PrivilegesRequired=lowest
; The user's own programs. Not {localappdata}\NetBuilder: runs and recovery are kept there, and
; uninstalling must leave them alone.
DefaultDirName={userpf}\NetBuilder
DisableProgramGroupPage=yes
DefaultGroupName=NetBuilder
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
SourceDir=..
OutputDir=dist
OutputBaseFilename=netbuilder-{#Version}-windows
SetupIconFile=build\netbuilder\assets\netbuilder.ico
UninstallDisplayIcon={app}\netbuilderw.exe
LicenseFile=LICENSE
Compression=lzma2/fast
SolidCompression=no
ChangesAssociations=yes
WizardStyle=modern

[Languages]
Name: "english"; MessagesFile: "compiler:Default.isl"
Name: "german"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[Files]
Source: "dist\netbuilder\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs
Source: "LICENSE"; DestDir: "{app}"; Flags: ignoreversion
Source: "resources\third_party.md"; DestDir: "{app}"; Flags: ignoreversion

[InstallDelete]
; A module that a newer version no longer has must not stay.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{userprograms}\NetBuilder"; Filename: "{app}\netbuilderw.exe"
Name: "{userdesktop}\NetBuilder"; Filename: "{app}\netbuilderw.exe"; Tasks: desktopicon

[Registry]
; A project opens with a double click. A .keras or .h5 file offers NetBuilder under "Open with":
; other programs may own those.
Root: HKCU; Subkey: "Software\Classes\.netbuilder"; ValueType: string; ValueData: "NetBuilder.Project"; Flags: uninsdeletevalue
Root: HKCU; Subkey: "Software\Classes\NetBuilder.Project"; ValueType: string; ValueData: "NetBuilder project"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\NetBuilder.Project\DefaultIcon"; ValueType: string; ValueData: "{app}\netbuilderw.exe,0"
Root: HKCU; Subkey: "Software\Classes\NetBuilder.Project\shell\open\command"; ValueType: string; ValueData: """{app}\netbuilderw.exe"" ""%1"""
Root: HKCU; Subkey: "Software\Classes\NetBuilder.Model"; ValueType: string; ValueData: "Trained network"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\NetBuilder.Model\DefaultIcon"; ValueType: string; ValueData: "{app}\netbuilderw.exe,0"
Root: HKCU; Subkey: "Software\Classes\NetBuilder.Model\shell\open\command"; ValueType: string; ValueData: """{app}\netbuilderw.exe"" ""%1"""
Root: HKCU; Subkey: "Software\Classes\.keras\OpenWithProgids"; ValueType: string; ValueName: "NetBuilder.Model"; ValueData: ""; Flags: uninsdeletevalue
Root: HKCU; Subkey: "Software\Classes\.h5\OpenWithProgids"; ValueType: string; ValueName: "NetBuilder.Model"; ValueData: ""; Flags: uninsdeletevalue

[Run]
Filename: "{app}\netbuilderw.exe"; Description: "{cm:LaunchProgram,NetBuilder}"; Flags: nowait postinstall skipifsilent
