// Las frases del agente en español, por la frase inglesa con que llegan; {} está por lo que cambia de una vez a otra.
// Quien añade una frase al agente la añade también aquí: agent.test.ts las compara con el código.

export const agentEs: Record<string, string> = {
  // Problemas, y qué hacer
  'The list of sites and keys and the log could not be read, so Oaklock started with empty ones. Your keys are still where they lay, but Oaklock no longer uses them. The old file is kept as {}.':
    'La lista de sitios y claves y el registro no se pudieron leer, así que Oaklock empezó con unos vacíos. Tus claves siguen donde estaban, pero Oaklock ya no las usa. El archivo anterior se conserva como {}.',
  'Allow your sites again when they ask, and add your keys again: oaklock keys add openai. What lies there still goes with: oaklock reset':
    'Permite de nuevo tus sitios cuando pregunten, y añade otra vez tus claves: oaklock keys add openai. Lo que aún está ahí se quita con: oaklock reset',
  'Something other than Oaklock has taken out of your keychain: {}. No site can use what is not there.':
    'Algo que no es Oaklock ha sacado de tu llavero: {}. Ningún sitio puede usar lo que no está.',
  'Something other than Oaklock has deleted files in which your keys were: {}. No site can use what is not there.':
    'Algo que no es Oaklock ha borrado archivos en los que estaban tus claves: {}. Ningún sitio puede usar lo que no está.',
  'Add it again with: oaklock keys add {}; or take it off the list with: oaklock keys remove {}':
    'Añádela otra vez con: oaklock keys add {}; o quítala de la lista con: oaklock keys remove {}',
  'Oaklock could not listen on [::1], so another program of this machine could answer pages that say localhost.':
    'Oaklock no pudo escuchar en [::1], así que otro programa de este equipo podría contestar a las páginas que dicen localhost.',
  'Use http://127.0.0.1 in pages, as all examples do.': 'Usa http://127.0.0.1 en las páginas, como todos los ejemplos.',
  'Your change to the provider {} could not be read and is not in force.':
    'Tu cambio del proveedor {} no se pudo leer y no está en vigor.',
  'Set its address again.': 'Pon otra vez su dirección.',
  'See it with: oaklock sites list. If it is all as you want it, confirm it with: oaklock sites trust. If not, allow anew what you want.':
    'Míralo con: oaklock sites list. Si todo está como quieres, confírmalo con: oaklock sites trust. Si no, permite de nuevo lo que quieras.',
  'If that was you, there is nothing to do. If not, look through your sites: oaklock sites list':
    'Si fuiste tú, no hay nada que hacer. Si no, revisa tus sitios: oaklock sites list',
  'The key that Oaklock proves its own settings with is not in your keychain any more, so nothing that you allowed before is in force. Your keys at providers are not touched.':
    'La clave con la que Oaklock comprueba sus propios ajustes ya no está en tu llavero, así que nada de lo que permitiste antes está en vigor. Tus claves de los proveedores no se han tocado.',
  'The list of sites is an older copy than the one that Oaklock had last: a backup may have been put back. What you refused since may be allowed in it, so nothing in it is in force.':
    'La lista de sitios es una copia más antigua que la última que tenía Oaklock: quizá se restauró una copia de seguridad. Lo que rechazaste desde entonces puede estar permitido en ella, así que nada de ella está en vigor.',
  'Another program has changed the list of sites, in a way that leaves nothing in it proven. Nothing that you allowed before is in force.':
    'Otro programa ha cambiado la lista de sitios de un modo que no deja nada probado en ella. Nada de lo que permitiste antes está en vigor.',
  'Another program has deleted from the list of what you decided: {}. A block holds all the same.':
    'Otro programa ha borrado de la lista de lo que decidiste: {}. Un bloqueo vale igualmente.',
  'Another program has changed what Oaklock was told: {}. This is not in force; a block or a denial holds all the same.':
    'Otro programa ha cambiado lo que se le dijo a Oaklock: {}. Eso no está en vigor; un bloqueo o una denegación vale igualmente.',
  'A key that you removed is out of use, but your keychain did not let go of it.':
    'Una clave que quitaste ya no se usa, pero tu llavero no la soltó.',
  'Unlock your keychain, and then lock and unlock Oaklock: it tries again.':
    'Abre tu llavero, y después cierra y abre Oaklock: lo intenta otra vez.',
  '{} Your keys and permissions are not touched, and Oaklock goes on.':
    '{} Tus claves y permisos no se han tocado, y Oaklock sigue.',
  'Look at it with: oaklock log verify. If you know what it was, confirm it with: oaklock sites trust. If not, look at your bills, since the log may not show all that was used.':
    'Míralo con: oaklock log verify. Si sabes qué fue, confírmalo con: oaklock sites trust. Si no, mira tus facturas, porque el registro puede no mostrar todo lo que se usó.',
  'A price that you had set could not be read and is not in force.':
    'Un precio que habías puesto no se pudo leer y no está en vigor.',
  'Look through your prices and set it again: oaklock prices list --mine':
    'Revisa tus precios y ponlo otra vez: oaklock prices list --mine',
  'What you have allowed cannot be checked until your keys are open, so no site gets an answer. Nothing is lost.':
    'Lo que has permitido no se puede comprobar hasta que tus claves estén abiertas, así que ningún sitio recibe respuesta. No se ha perdido nada.',
  'Oaklock could not note beside your keys how far the list of what you allowed has come. Sites get answers as before; only an older copy of that list, should another program put one in its place, might not be noticed.':
    'Oaklock no pudo apuntar junto a tus claves hasta dónde llega la lista de lo que permitiste. Los sitios reciben respuesta como antes; solo una copia más antigua de esa lista, si otro programa la pusiera en su lugar, podría no notarse.',
  'The disk is full, so Oaklock could not note beside your keys how far the list of what you allowed has come. Sites get answers as before; only an older copy of that list, should another program put one in its place, might not be noticed.':
    'El disco está lleno, así que Oaklock no pudo apuntar junto a tus claves hasta dónde llega la lista de lo que permitiste. Los sitios reciben respuesta como antes; solo una copia más antigua de esa lista, si otro programa la pusiera en su lugar, podría no notarse.',
  'Make the place of your keys writable: it is noted within seconds then, and this goes away.':
    'Haz que se pueda escribir donde están tus claves: entonces se apunta en segundos, y esto desaparece.',
  'Make room on the disk: it is noted within seconds then, and this goes away.':
    'Haz sitio en el disco: entonces se apunta en segundos, y esto desaparece.',
  'The file of a key is damaged and cannot be read: {}. No site can use it.':
    'El archivo de una clave está dañado y no se puede leer: {}. Ningún sitio puede usarla.',
  'Add the key again with: oaklock keys add PROVIDER --label LABEL; or put back a copy of the folder vault':
    'Añade la clave otra vez con: oaklock keys add PROVEEDOR --label NOMBRE; o restaura una copia de la carpeta vault',
  'A file that your keys lie in is damaged and cannot be read. Whether it is the file of a key says: oaklock keys list; that key is then to be added again with: oaklock keys add. Otherwise put back a copy of the folder vault.':
    'Un archivo donde están tus claves está dañado y no se puede leer. Si es el de una clave lo dice: oaklock keys list; esa clave hay que añadirla otra vez con: oaklock keys add. Si no, restaura una copia de la carpeta vault.',
  'Unlock with: oaklock unlock': 'Ábrelo con: oaklock unlock',
  'Oaklock cannot tell which limit over everything you have set, or whether any: another program may have changed it. Until you say so, no request goes through.':
    'Oaklock no puede saber qué límite total pusiste, o si pusiste alguno: otro programa puede haberlo cambiado. Hasta que lo digas, no pasa ninguna solicitud.',
  'Set it anew: oaklock settings set limit 20.00/day (off for none). Or confirm everything as it stands: oaklock sites trust':
    'Ponlo de nuevo: oaklock settings set limit 20.00/day (off si no quieres ninguno). O confírmalo todo como está: oaklock sites trust',
  'Start your keychain, and then: oaklock unlock. Or keep the keys in a file: oaklock settings set vault file, then oaklock unlock; what you allowed is then to be allowed anew':
    'Inicia tu llavero, y después: oaklock unlock. O guarda las claves en un archivo: oaklock settings set vault file, y después oaklock unlock; lo que permitiste hay que permitirlo entonces de nuevo',
  'Allowed until Oaklock quits, since it could not be saved: {}.':
    'Permitido hasta que Oaklock termine, porque no se pudo guardar: {}.',
  'Make room on the disk, or make the folder of Oaklock writable, then allow it again.':
    'Haz sitio en el disco, o haz que se pueda escribir en la carpeta de Oaklock, y permítelo otra vez.',
  'Decisions that could not be saved: {} ({}). They hold while Oaklock runs; should it end, all of this is again as it was before.':
    'Decisiones que no se pudieron guardar: {} ({}). Valen mientras Oaklock esté en marcha; si termina, todo esto vuelve a ser como era.',
  'Make room on the disk, or make the folder of Oaklock writable: it is saved within seconds then. Do not quit before.':
    'Haz sitio en el disco, o haz que se pueda escribir en la carpeta de Oaklock: entonces se guarda en segundos. No salgas de Oaklock antes.',
  'Decisions that are only noted so far, since the list of them cannot be written: {} ({}). They hold, also after a restart.':
    'Decisiones que de momento solo están apuntadas, porque su lista no se puede escribir: {} ({}). Valen, también después de reiniciar.',
  'Make room on the disk, or make the folder of Oaklock writable: it is written within seconds then.':
    'Haz sitio en el disco, o haz que se pueda escribir en la carpeta de Oaklock: entonces se escribe en segundos.',
  'Oaklock is paused from now on, but this could not be saved: the disk is full, or the folder of Oaklock cannot be written. Oaklock goes on trying; should it end before that, the pause is over: make room first.':
    'Oaklock está en pausa desde ahora, pero esto no se pudo guardar: el disco está lleno, o no se puede escribir en la carpeta de Oaklock. Oaklock sigue intentándolo; si termina antes, la pausa se acaba: haz sitio primero.',
  'This desktop shows neither a tray icon nor notifications, so a waiting question is shown in the window only.':
    'Este escritorio no muestra ni un icono en la bandeja ni notificaciones, así que una pregunta que espera solo se muestra en la ventana.',
  'This desktop shows no tray icon, so a waiting question is shown by a notification and in the window only.':
    'Este escritorio no muestra iconos en la bandeja, así que una pregunta pendiente solo se ve en una notificación y en la ventana.',
  'Type oaklock to bring the window back.': 'Escribe oaklock para traer la ventana de vuelta.',
  'Start Oaklock once more from the Start menu to bring the window back.':
    'Inicia Oaklock otra vez desde el menú Inicio para traer la ventana de vuelta.',
  'Type oaklock to bring the window back; on GNOME the extension AppIndicator adds a tray.':
    'Escribe oaklock para traer la ventana de vuelta; en GNOME la extensión AppIndicator añade una bandeja.',

  // Claves, y el lugar donde están
  'This is not the passphrase. Nothing was changed.': 'Esta no es la contraseña. No se cambió nada.',
  'The passphrase needs at least 8 characters. Nothing was changed.':
    'La contraseña necesita al menos 8 caracteres. No se cambió nada.',
  'The key file has no passphrase yet. Choose one with: oaklock unlock, or in the window under Keys.':
    'El archivo de claves aún no tiene contraseña. Elige una con: oaklock unlock, o en la ventana, en Claves.',
  'Oaklock is locked, so nothing was done. Unlock it and try again: oaklock unlock':
    'Oaklock está cerrado, así que no se hizo nada. Ábrelo e inténtalo de nuevo: oaklock unlock',
  'The keychain is locked. Unlock it with: oaklock unlock, and try again; nothing was changed.':
    'El llavero está cerrado. Ábrelo con: oaklock unlock, e inténtalo de nuevo; no se cambió nada.',
  'This looks like a key of {}, not of {}, and it would replace the one called “{}”, which ends in {}. Nothing was saved.':
    'Esto parece una clave de {}, no de {}, y sustituiría a la llamada «{}», que acaba en {}. No se guardó nada.',
  'This would replace your {} key called “{}”, which ends in {}. To keep both, give this one another name. Nothing was saved.':
    'Esto sustituiría tu clave de {} llamada «{}», que acaba en {}. Para conservar las dos, dale otro nombre a esta. No se guardó nada.',
  'There are quotes around this key. Paste what stands between them. Nothing was saved.':
    'Hay comillas alrededor de esta clave. Pega lo que está entre ellas. No se guardó nada.',
  'The keychain did not let Oaklock in, so nothing was changed. Without a way to its dialog (no display), keys can lie in a file encrypted with a passphrase instead: oaklock settings set vault file, then oaklock unlock.':
    'El llavero no dejó entrar a Oaklock, así que no se cambió nada. Si no puedes llegar a su diálogo (sin pantalla), las claves pueden estar en un archivo cifrado con una contraseña: oaklock settings set vault file, y después oaklock unlock.',
  'The keychain did not answer; it may be waiting for you in a dialog. Look there and try again.':
    'El llavero no respondió; quizá te espera en un diálogo. Mira ahí e inténtalo de nuevo.',
  'The key is longer than the 2,560 bytes that a keychain takes. Nothing was saved.':
    'La clave pasa de los 2560 bytes que admite un llavero. No se guardó nada.',
  'A label has 1 to 40 letters, digits, blanks, dots, hyphens or underscores, and begins with a letter or digit.':
    'Un nombre tiene de 1 a 40 letras, cifras, espacios, puntos, guiones o guiones bajos, y empieza por una letra o una cifra.',
  'There is no such key.': 'No hay tal clave.',
  'Something other than Oaklock has taken this key out of your keychain. Add it again with: oaklock keys add; see which with: oaklock keys list.':
    'Algo que no es Oaklock ha sacado esta clave de tu llavero. Añádela otra vez con: oaklock keys add; mira cuál con: oaklock keys list.',
  'Another program has changed the entry of this key, so it is not used. Add the key again, or confirm everything with: oaklock sites trust.':
    'Otro programa ha cambiado la entrada de esta clave, así que no se usa. Añade la clave otra vez, o confírmalo todo con: oaklock sites trust.',
  'Where this key was kept there is another one, which you did not give to Oaklock, so it is not used. Add the key again with: oaklock keys add.':
    'Donde se guardaba esta clave hay otra que no diste a Oaklock, así que no se usa. Añade la clave otra vez con: oaklock keys add.',
  'There is no keychain on this machine, so nothing was saved. To keep keys in a file encrypted with a passphrase: oaklock settings set vault file, then oaklock unlock; or in the window under Keys.':
    'No hay llavero en este equipo, así que no se guardó nada. Para guardar las claves en un archivo cifrado con una contraseña: oaklock settings set vault file, y después oaklock unlock; o en la ventana, en Claves.',
  'This is the name of a variable without its value. Paste the key itself, or the whole line that sets it. Nothing was saved.':
    'Esto es el nombre de una variable sin su valor. Pega la clave misma, o la línea entera que la define. No se guardó nada.',
  'This is too short to be a key. Nothing was saved.': 'Esto es demasiado corto para ser una clave. No se guardó nada.',
  'This is not a key: a key is one word of at most 2,560 plain characters. Nothing was saved.':
    'Esto no es una clave: una clave es una sola palabra de 2560 caracteres simples como mucho. No se guardó nada.',
  'This is an address and not a key. Copy the key itself. Nothing was saved.':
    'Esto es una dirección y no una clave. Copia la clave misma. No se guardó nada.',
  'Stars or dots stand in the middle of this key: so providers show one that they have shown before. Copy it whole from where you keep it, or make a new one at the provider. Nothing was saved.':
    'En medio de esta clave hay asteriscos o puntos: así muestran los proveedores una que ya mostraron antes. Cópiala entera de donde la guardes, o crea una nueva en el proveedor. No se guardó nada.',
  'This is an administrative key, which can manage the whole account. Oaklock takes only keys for asking models. Nothing was saved.':
    'Esta es una clave de administración, que puede gestionar toda la cuenta. Oaklock solo admite claves para preguntar a modelos. No se guardó nada.',
  'This looks like a key of {}, not of {}. Nothing was saved.': 'Esto parece una clave de {}, no de {}. No se guardó nada.',
  '{} could not be reached, so the key was not tested.': 'No se pudo llegar a {}, así que la clave no se probó.',
  works: 'funciona',
  'The passphrase could not be read: {}.': 'La contraseña no se pudo leer: {}.',
  'The key file has no passphrase yet. Choose one to make it.':
    'El archivo de claves aún no tiene contraseña. Elige una para crearlo.',
  'The key file needs its passphrase.': 'El archivo de claves necesita su contraseña.',
  'There is no key file yet. Choose a passphrase to make one.':
    'Todavía no hay archivo de claves. Elige una contraseña para crearlo.',
  'Oaklock is locked; unlock it first with: oaklock unlock': 'Oaklock está cerrado con llave; ábrelo antes con: oaklock unlock',
  'Choose a passphrase; your keys will lie in a file encrypted with it.':
    'Elige una contraseña; tus claves estarán en un archivo cifrado con ella.',
  'Your keys lie in a file that needs its passphrase.': 'Tus claves están en un archivo que necesita su contraseña.',
  'Waiting for your keychain.': 'Esperando a tu llavero.',
  'Your keychain is locked. Unlock it to use your keys.': 'Tu llavero está cerrado. Ábrelo para usar tus claves.',
  'Your keychain did not let Oaklock in.': 'Tu llavero no dejó entrar a Oaklock.',
  'Your keychain does not answer. It may be waiting for you in a dialog.':
    'Tu llavero no responde. Quizá te espera en un diálogo.',
  'Your keychain does not answer. It may be waiting for you in a dialog. Keys that are in memory are used as before; others cannot be read until it answers.':
    'Tu llavero no responde. Quizá te espera en un diálogo. Las claves que están en memoria se usan como antes; otras no se pueden leer hasta que responda.',
  'There is no keychain on this machine. You can keep your keys in a file encrypted with a passphrase instead.':
    'No hay llavero en este equipo. Puedes guardar tus claves en un archivo cifrado con una contraseña.',
  'There is no such key in the environment any more.': 'Esa clave ya no está en el entorno.',
  'Keys are looked for in the environment or in a file.': 'Las claves se buscan en el entorno o en un archivo.',
  'This file could not be read, so nothing was looked for.': 'Este archivo no se pudo leer, así que no se buscó nada.',
  'This is not a text file with lines such as OPENAI_API_KEY=…. Nothing was changed.':
    'Esto no es un archivo de texto con líneas como OPENAI_API_KEY=…. No se cambió nada.',
  'There is no such key any more. Pick the file again.': 'Esa clave ya no está. Elige el archivo otra vez.',
  'Oaklock does not know where this provider makes its keys.': 'Oaklock no sabe dónde crea sus claves este proveedor.',

  // Preguntas y sitios
  'There is no such question; it may have been answered already.': 'No hay tal pregunta; quizá ya se contestó.',
  'The question is not about this provider.': 'La pregunta no trata de este proveedor.',
  'The site was blocked, denied or revoked at the same time, and that holds. Nothing was allowed.':
    'Al mismo tiempo el sitio se bloqueó, se denegó o se le retiró el permiso, y eso vale. No se permitió nada.',
  'This site has nothing to take back.': 'Este sitio no tiene nada que retirar.',
  'This holds from now on, but it could not be saved: the disk is full, or the folder of Oaklock cannot be written. Oaklock goes on trying; should it end before that, the site is again what it was before: make room first.':
    'Esto vale desde ahora, pero no se pudo guardar: el disco está lleno, o no se puede escribir en la carpeta de Oaklock. Oaklock sigue intentándolo; si termina antes, el sitio vuelve a ser lo que era: haz sitio primero.',
  'This is a page on your own machine. Any program that later uses the same port gets what you allow here.':
    'Esta es una página de tu propio equipo. Cualquier programa que más tarde use el mismo puerto recibe lo que permitas aquí.',
  'Many people publish pages on {}. Look closely at the name before it.':
    'Mucha gente publica páginas en {}. Mira bien el nombre que va delante.',
  'This comes from the program {}, which is no browser that Oaklock knows. A program can give itself the name of any site.':
    'Esto viene del programa {}, que no es un navegador que Oaklock conozca. Un programa puede darse el nombre de cualquier sitio.',
  'A grant lasts 1 to 366 days, or until Oaklock quits.': 'Un permiso dura de 1 a 366 días, o hasta que Oaklock termine.',
  'A grant ends in the future, within 366 days.': 'Un permiso acaba en el futuro, dentro de 366 días.',
  'A grant needs an end: a number of days, or until Oaklock quits.':
    'Un permiso necesita un final: un número de días, o hasta que Oaklock termine.',
  'Say which provider may be used, such as openai.': 'Di qué proveedor se puede usar, como openai.',
  'This is the address of Oaklock itself, where there is no page. Give that of the page, such as http://localhost:5173.':
    'Esta es la dirección del propio Oaklock, donde no hay ninguna página. Escribe la de la página, como http://localhost:5173.',
  "That is the address of this Oaklock itself: each request would come back to it. Nothing was changed. Give the provider's own address.":
    'Esa es la dirección de este mismo Oaklock: cada solicitud volvería a él. No se ha cambiado nada. Escribe la dirección del proveedor.',
  'This site is neither blocked nor denied, so there was nothing to undo. See the sites with: oaklock sites list':
    'Este sitio no está ni bloqueado ni denegado, así que no había nada que deshacer. Mira los sitios con: oaklock sites list',
  'Nothing with this ID is being answered: it has ended, or never was. See what is with: oaklock status':
    'No se está respondiendo nada con este identificador: ha terminado, o nunca existió. Mira lo que sí con: oaklock status',
  '{} may not use {} now, so there is no limit to raise. See what it may do with: oaklock sites list':
    '{} no puede usar {} ahora, así que no hay límite que subir. Mira qué puede hacer con: oaklock sites list',
  'An app of this name is blocked, so nothing was changed. Unblock it first with: oaklock sites unblock {}; or choose another name.':
    'Una aplicación con este nombre está bloqueada, así que no se cambió nada. Desbloquéala antes con: oaklock sites unblock {}; o elige otro nombre.',
  'This site is not paused.': 'Este sitio no está en pausa.',

  // Apps
  'This app can no longer be taken back. Make it a new key with: oaklock apps add.':
    'Esta aplicación ya no se puede recuperar. Hazle una clave nueva con: oaklock apps add.',
  'There is an app of this name already. Remove it first, or choose another name; nothing was changed.':
    'Ya hay una aplicación con este nombre. Quítala antes, o elige otro nombre; no se cambió nada.',
  'There is no app of this name. Make one with: oaklock apps add.':
    'No hay ninguna aplicación con este nombre. Crea una con: oaklock apps add.',
  'The key of this app was not made as it should be, so nothing was added. Close this and try again.':
    'La clave de esta aplicación no se creó como debía, así que no se añadió nada. Cierra esto e inténtalo de nuevo.',

  // Dinero
  'There is no limit of this name.': 'No hay ningún límite con este nombre.',
  'A limit is raised to an amount above zero.': 'Un límite se sube a una cantidad mayor que cero.',
  'A limit is of a site, of a key, or over everything.': 'Un límite es de un sitio, de una clave o de todo.',
  'Sums are by day, site, provider, model or key.': 'Las sumas son por día, sitio, proveedor, modelo o clave.',
  'The price was not changed: there is no rate of this name.': 'El precio no se cambió: no hay ninguna tarifa con este nombre.',
  'You have set no price for this model of this provider.': 'No has puesto precio a este modelo de este proveedor.',
  'The price was not changed: {}.': 'El precio no se cambió: {}.',

  // Proveedores y ajustes
  'How {} takes its key is fixed; only its address can be changed.':
    'El modo en que {} recibe su clave es fijo; solo se puede cambiar su dirección.',
  'Oaklock knows no address of {}, which is a provider of your own. Change it with oaklock providers set, or remove it.':
    'Oaklock no conoce ninguna dirección de {}, que es un proveedor tuyo. Cámbiala con oaklock providers set, o quítalo.',
  'There is nothing of yours to remove for this provider.': 'No hay nada tuyo que quitar de este proveedor.',
  'There is no provider of this name. There are: {}.': 'No hay ningún proveedor con este nombre. Hay: {}.',
  'There is no setting of this name. There are: {}.': 'No hay ningún ajuste con este nombre. Hay: {}.',
  'The setting {} was not changed: {}.': 'El ajuste {} no se cambió: {}.',
  'Oaklock cannot set here what starts at login. Nothing was changed.':
    'Oaklock no puede cambiar aquí lo que se inicia al entrar. No se cambió nada.',
  'Oaklock does not know how to start at login on this system. Nothing was changed.':
    'Oaklock no sabe cómo iniciarse al entrar en este sistema. No se cambió nada.',
  'The list of what starts at login could not be changed: its folder cannot be written, or the disk is full. Nothing was changed.':
    'La lista de lo que se inicia al entrar no se pudo cambiar: no se puede escribir en su carpeta, o el disco está lleno. No se cambió nada.',

  // Lo demás
  'This Oaklock has no demo in it.': 'Este Oaklock no lleva demostración.',
  'The demo could not be started. Nothing else was changed; the log says why.':
    'La demostración no se pudo iniciar. No se cambió nada más; el registro del programa dice por qué.',
  'The demo does not run.': 'La demostración no está en marcha.',
  'The log shows 1 to 1000 entries at once.': 'El registro muestra de 1 a 1000 entradas a la vez.',
  'The log is narrowed by a status such as 403 or 4, and to "refused" or "served".':
    'El registro se filtra por un estado como 403 o 4, y por «refused» o «served».',
  'The log is saved as CSV or JSON.': 'El registro se guarda como CSV o JSON.',
  'The disk is full, so this could not be saved and nothing was changed. Make room and try again.':
    'El disco está lleno, así que esto no se pudo guardar y no se cambió nada. Haz sitio e inténtalo de nuevo.',
  'The folder of Oaklock cannot be written, so nothing was changed.':
    'No se puede escribir en la carpeta de Oaklock, así que no se cambió nada.',
  'Oaklock could not do this; nothing was changed that it knows of. Its log says why.':
    'Oaklock no pudo hacer esto; que sepa, no se cambió nada. Su registro dice por qué.',
  'Oaklock is not running.': 'Oaklock no está en marcha.',
  'The profile folder can be reached by others, so Oaklock does not use it. Run “oaklock doctor” to see what to do.':
    'Otros pueden llegar a la carpeta de perfil, así que Oaklock no la usa. Ejecuta «oaklock doctor» para ver qué hacer.',
  'Oaklock did not answer in time. Nothing is known to be lost; try again.':
    'Oaklock no respondió a tiempo. No se sabe de nada perdido; inténtalo de nuevo.',
  'Something went wrong inside Oaklock. The log has the details.':
    'Algo salió mal dentro de Oaklock. Su registro tiene los detalles.',
}
