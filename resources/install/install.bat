@echo off
rem Installs NetBuilder from this folder, without a network and without administrator's rights.
rem install.bat [FOLDER]: into FOLDER, else into %LOCALAPPDATA%\Programs\NetBuilder; what you make
rem with NetBuilder is kept in %LOCALAPPDATA%\NetBuilder. Needs Python @PYTHON@ (64 bit).
setlocal DisableDelayedExpansion
set "wait=pause"
if not "%~1"=="" set "wait=rem"
set "place=%~1"
if not defined place set "place=%LOCALAPPDATA%\Programs\NetBuilder"
for %%I in ("%place%") do set "place=%%~fI"
set "test=import sys; sys.exit(sys.version_info[:2] != (@TUPLE@) or sys.maxsize < 2**32)"
set "python="
py -@PYTHON@ -c "%test%" >nul 2>nul && set "python=py -@PYTHON@"
if not defined python python -c "%test%" >nul 2>nul && set "python=python"
if not defined python goto no_python
rem In a folder with a longer name Windows has no room for the longest file of TensorFlow.
set "test=import sys; sys.exit(len(sys.argv[1]) > @ROOM@)"
%python% -c "%test%" "%place%"
if errorlevel 1 goto too_long
%python% "%~dp0check_sums.py"
if errorlevel 1 goto damaged
echo Installing NetBuilder into "%place%". This takes a few minutes.
%python% -m venv "%place%"
if errorlevel 1 goto no_folder
"%place%\Scripts\python.exe" -m pip install --quiet --no-index --find-links "%~dp0wheels" @NAME@
if errorlevel 1 goto no_wheels
set "shortcut=$s=(New-Object -ComObject WScript.Shell).CreateShortcut((Join-Path"
set "shortcut=%shortcut% ([Environment]::GetFolderPath('Programs')) 'NetBuilder.lnk'));"
set "shortcut=%shortcut% $s.TargetPath=(Join-Path $env:place 'Scripts\netbuilder-window.exe');"
set "shortcut=%shortcut% $i=(Join-Path $env:place"
set "shortcut=%shortcut% 'Lib\site-packages\netbuilder\resources\icons\netbuilder.ico');"
set "shortcut=%shortcut% if (Test-Path $i) {$s.IconLocation=$i}; $s.Save()"
powershell -NoProfile -ExecutionPolicy Bypass -Command "%shortcut%" >nul 2>nul
if errorlevel 1 echo The Start menu could not be changed: start NetBuilder with the file below.
if exist "%LOCALAPPDATA%\NetBuilder\Scripts\netbuilder.exe" goto old_one
:done
echo NetBuilder is installed. Start it from the Start menu, or with
echo   "%place%\Scripts\netbuilder-window.exe"
%wait%
exit /b 0

:old_one
echo An older NetBuilder was installed among your own data in "%LOCALAPPDATA%\NetBuilder".
echo You may delete Scripts, Lib, Include and pyvenv.cfg there. Keep the rest: it is your work.
goto done

:too_long
echo The name of the folder "%place%" is too long: use at most @ROOM@ letters.
echo Choose a shorter one, for example:  install.bat "%SystemDrive%\NetBuilder"
goto failed

:no_python
echo There is no Python @PYTHON@ (64 bit) on this computer, and this kit needs it.
echo Install it from https://www.python.org/downloads/windows/ (for yourself: that needs no
echo administrator), with "Add python.exe to PATH", then start this file again.
goto failed

:damaged
echo This kit is damaged or was changed. Copy the whole kit again.
goto failed

:no_folder
echo The folder "%place%" could not be made. Choose another one:  install.bat FOLDER
goto failed

:no_wheels
echo NetBuilder could not be installed from "%~dp0wheels". Copy the whole kit again.
goto failed

:failed
%wait%
exit /b 1
