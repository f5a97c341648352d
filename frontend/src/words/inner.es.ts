// Lo que va dentro de una frase del agente, o se vuelve una con mayúscula y punto: por qué algo no se aceptó, y nombres de cosas.
// Como en agent.es.ts, {} está por lo que cambia, y agent.test.ts las compara con el código.

export const innerEs: Record<string, string> = {
  // La dirección de un sitio, y el nombre de una app
  'this page has no site of its own (its origin is "null"), so nothing can be decided about it':
    'esta página no tiene un sitio propio (su origen es «null»), así que no se puede decidir nada sobre ella',
  'a page over plain http can be changed by anyone on the network; only https pages and pages on this machine can be allowed':
    'una página por http sin cifrar la puede cambiar cualquiera en la red; solo se pueden permitir páginas https y páginas de este equipo',
  "this is not a site's address as browsers write it, like https://app.example":
    'esto no es la dirección de un sitio como la escriben los navegadores, como https://app.example',
  'the name of an app has 1 to 40 lower-case letters, digits, dots, hyphens or underscores, and begins with a letter or digit':
    'el nombre de una aplicación tiene de 1 a 40 minúsculas, cifras, puntos, guiones o guiones bajos, y empieza por una letra o una cifra',
  'a site is missing; write it like https://app.example': 'falta un sitio; escríbelo como https://app.example',
  '{} has a wildcard; Oaklock knows exact sites only, so name each one':
    '{} tiene un comodín; Oaklock solo conoce sitios exactos, así que nombra cada uno',
  '{} does not say https or http; write the site like https://{}': '{} no dice https ni http; escribe el sitio como https://{}',
  "{} is not a site's address; write it like https://app.example":
    '{} no es la dirección de un sitio; escríbela como https://app.example',
  '{} has a user name in it; a site is only scheme, host and port':
    '{} lleva un nombre de usuario; un sitio es solo esquema, servidor y puerto',
  'a page like {} has no site of its own, so nothing can be decided about it':
    'una página como {} no tiene un sitio propio, así que no se puede decidir nada sobre ella',
  '{} begins with {}: no page is there; a site begins with https://, or on this machine with http://':
    '{} empieza por {}: ahí no hay ninguna página; un sitio empieza por https://, o en este equipo por http://',
  '{} has a ? or a # in it; a site is only scheme, host and port, like {}://{}':
    '{} lleva un ? o un #; un sitio es solo esquema, servidor y puerto, como {}://{}',
  '{} names a port that there is not; a port is a number from 1 to 65535':
    '{} nombra un puerto que no existe; un puerto es un número de 1 a 65535',
  '{} has a dot at the end of its host, which to browsers makes it another site; write it without':
    '{} tiene un punto al final de su servidor, con lo que para los navegadores es otro sitio; escríbelo sin él',
  '{} is a number that browsers write in another way; write it like 127.0.0.1':
    '{} es un número que los navegadores escriben de otra manera; escríbelo como 127.0.0.1',
  '{} has a path; a site is only scheme, host and port, like {}://{}':
    '{} lleva una ruta; un sitio es solo esquema, servidor y puerto, como {}://{}',
  '{} names a network zone; browsers never send one': '{} nombra una zona de red; los navegadores nunca envían una',
  '{} is not a host name that a browser could open': '{} no es un nombre de servidor que un navegador pudiera abrir',
  "{} is not a site's address as browsers write it, like https://app.example":
    '{} no es la dirección de un sitio como la escriben los navegadores, como https://app.example',
  '{} is the ID of no extension: in Chrome and Edge it has 32 letters from a to p; copy it from chrome://extensions or edge://extensions':
    '{} no es el ID de ninguna extensión: en Chrome y Edge tiene 32 letras de la a a la p; cópialo de chrome://extensions o edge://extensions',
  '{} is the ID of no extension: in Firefox it is a UUID, like 2c127fa4-62c7-7e4f-90e5-472b45eecfdc; copy it from about:debugging':
    '{} no es el ID de ninguna extensión: en Firefox es un UUID, como 2c127fa4-62c7-7e4f-90e5-472b45eecfdc; cópialo de about:debugging',
  "this is not the SHA-256 of an app's key": 'esto no es el SHA-256 de la clave de una aplicación',
  'more than {} apps are not kept': 'no se guardan más de {} aplicaciones',

  // Lo que se permite
  'these terms do not make sense': 'estas condiciones no tienen sentido',
  'say what the site may do; "inference" lets it ask models':
    'di qué puede hacer el sitio; «inference» le deja preguntar a modelos',
  'no site may reach keys, the account or billing': 'ningún sitio puede llegar a las claves, la cuenta o la facturación',
  'there is nothing called {} that a site may do; it is "inference", "optional" or "stored"':
    'no hay nada llamado {} que un sitio pueda hacer; es «inference», «optional» o «stored»',
  '{} is not the label of a key': '{} no es el nombre de una clave',
  'name at least one model, or * for all of them': 'nombra al menos un modelo, o * para todos',
  'more than {} models; write * for all of them': 'más de {} modelos; escribe * para todos',
  'a model has no name': 'un modelo no tiene nombre',
  '* means all models, so it stands alone': '* significa todos los modelos, así que va solo',
  '{} is not the name of a model': '{} no es el nombre de un modelo',
  '{} would match no model: only * alone stands for models, for all of them, so name each one, such as gpt-5-mini':
    '{} no corresponde a ningún modelo: solo * sola vale por modelos, por todos, así que nombra cada uno, como gpt-5-mini',
  "{} has a blank in it, which no model's name has: put commas between names, such as gpt-5,gpt-5-mini":
    '{} lleva un espacio, que ningún nombre de modelo tiene: pon comas entre los nombres, como gpt-5,gpt-5-mini',
  'a site is missing': 'falta un sitio',
  'name at least one provider': 'nombra al menos un proveedor',
  '{} is not the name of a provider': '{} no es el nombre de un proveedor',
  'it would end at {}, which is in the past or too far away': 'acabaría el {}, que ya pasó o está demasiado lejos',
  'set at least one limit of cost or tokens per day, week or month, so that a site cannot spend without end':
    'pon al menos un límite de coste o de tokens por día, semana o mes, para que un sitio no pueda gastar sin fin',
  'the limit of {} is below zero': 'el límite de {} es menor que cero',
  'cost per day': 'coste por día',
  'cost per week': 'coste por semana',
  'cost per month': 'coste por mes',
  'tokens per day': 'tokens por día',
  'tokens per week': 'tokens por semana',
  'tokens per month': 'tokens por mes',
  'requests per minute': 'solicitudes por minuto',
  'requests at once': 'solicitudes a la vez',
  'output tokens': 'tokens de salida',

  // Ajustes
  'it takes {}': 'admite {}',
  'it takes dollars, tokens or requests in a time, requests at once or tokens of an answer, such as 20.00/day, 1000000tokens/month, 60requests/minute, 4requests at once or 2000tokens/answer, each once, or off':
    'admite dólares, tokens o solicitudes en un tiempo, solicitudes a la vez o tokens de una respuesta, como 20.00/day, 1000000tokens/month, 60requests/minute, 4requests at once o 2000tokens/answer, cada uno una vez, u off',
  'it takes a time from 1s to 5m, such as 60s': 'admite un tiempo de 1s a 5m, como 60s',
  'it takes a time from 1m to 168h, such as 8h, or off': 'admite un tiempo de 1m a 168h, como 8h, u off',
  'it takes US dollars in whole cents a day, from 0.01/day to 1000.00/day, such as 1.00/day':
    'admite dólares al día, en centavos enteros, de 0.01/day a 1000.00/day, como 1.00/day',
  'it takes a number of days from 1 to 366': 'admite un número de días de 1 a 366',
  'it takes a number of tokens from 1 to 1000000': 'admite un número de tokens de 1 a 1000000',
  'it takes a number from 1024 to 65535': 'admite un número de 1024 a 65535',
  'it takes a number of days from {} to 3650, since limits of a month are checked against the log':
    'admite un número de días de {} a 3650, porque los límites de un mes se comprueban con el registro',
  'it takes off, environment, or the address of a proxy, such as http://proxy.example:3128 or socks5://127.0.0.1:1080, without a path, a user or a password':
    'admite off, environment, o la dirección de un proxy, como http://proxy.example:3128 o socks5://127.0.0.1:1080, sin ruta, usuario ni contraseña',

  // Proveedores
  'the base URL must be plain text without blanks; write an international host name in its xn-- form':
    'la URL base debe ser texto simple sin espacios; escribe un nombre de servidor internacional en su forma xn--',
  'that is not a web address; a base URL looks like https://api.example.com/v1':
    'eso no es una dirección web; una URL base es como https://api.example.com/v1',
  'the base URL must begin with https://': 'la URL base debe empezar por https://',
  'the base URL must not hold a user name or password': 'la URL base no debe llevar un nombre de usuario ni una contraseña',
  'the base URL must not have a part after a question mark':
    'la URL base no debe llevar nada detrás de un signo de interrogación',
  'the base URL must not have a part after a number sign': 'la URL base no debe llevar nada detrás de una almohadilla',
  'the path of the base URL may have only letters, digits, and the signs / - _ . : in it':
    'la ruta de la URL base solo puede llevar letras, cifras y los signos / - _ . :',
  'the base URL must begin with https://, because over http anyone on the way could read the key; http is allowed only to this computer':
    'la URL base debe empezar por https://, porque por http cualquiera en el camino podría leer la clave; http solo se permite hacia este equipo',
  'the port of the base URL must be a number from 1 to 65535': 'el puerto de la URL base debe ser un número de 1 a 65535',
  'the base URL has an IPv6 address that cannot be used': 'la URL base lleva una dirección IPv6 que no se puede usar',
  'the base URL has a host name that cannot be used': 'la URL base lleva un nombre de servidor que no se puede usar',
  '{} always takes its key in the same header, so only the base URL can be changed':
    '{} siempre recibe su clave en la misma cabecera, así que solo se puede cambiar la URL base',
  '{} is a built-in provider, so only the base URL can be changed':
    '{} es un proveedor incluido, así que solo se puede cambiar la URL base',
  'the name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter':
    'el nombre debe tener de 2 a 32 minúsculas, cifras y guiones, y empezar por una letra',
  'a base URL is needed': 'hace falta una URL base',
  'the key can go into the header Authorization as a bearer token, or into a header of its own such as x-api-key, not into {}':
    'la clave puede ir en la cabecera Authorization como bearer, o en una cabecera propia como x-api-key, no en {}',
  'the display name must be at most 64 bytes on one line': 'el nombre visible debe tener 64 bytes como mucho, en una línea',

  // Precios
  'there is a sign in {} that cannot be seen; give the provider another name':
    'hay un signo en {} que no se puede ver; dale otro nombre al proveedor',
  '{} is the name of another provider, {}; give yours a name of its own':
    '{} es el nombre de otro proveedor, {}; dale al tuyo un nombre propio',
  '{} is given twice': '{} está dos veces',
  'it names no model': 'no nombra ningún modelo',
  'a price is of one model and not of {}, so set it for each, such as gpt-5-mini':
    'un precio es de un modelo y no de {}, así que ponlo para cada uno, como gpt-5-mini',
  'there is a sign in {} that cannot be seen, so write the name by hand':
    'hay un signo en {} que no se puede ver, así que escribe el nombre a mano',
  'a price is an amount from 0 to 100,000 dollars': 'un precio es una cantidad de 0 a 100 000 dólares',
  'the most output of a model is a number of tokens above 0': 'la salida máxima de un modelo es un número de tokens mayor que 0',
  'it changes nothing': 'no cambia nada',
  '{} has no price yet, so its input and its output both need one (0 if it is free)':
    '{} aún no tiene precio, así que su entrada y su salida necesitan uno (0 si es gratis)',

  // La demostración
  'the demo is already running': 'la demostración ya está en marcha',
  'port taken': 'puerto ocupado',
  '{}: open its page, {}, or stop it where it runs (in a terminal with Ctrl+C) and try again':
    '{}: abre su página, {}, o detenla donde está en marcha (en una terminal con Ctrl+C) e inténtalo de nuevo',
  '{} for another Oaklock: stop it there with Ctrl+C and try again':
    '{} para otro Oaklock: detenla allí con Ctrl+C e inténtalo de nuevo',
  'another program uses port {}, which the demo needs for {}: stop that program, or choose another port ({})':
    'otro programa usa el puerto {}, que la demostración necesita para {}: detén ese programa, o elige otro puerto ({})',
  'its page': 'su página',
  'its provider': 'su proveedor',

  // El registro, y lo que otro programa cambió
  'Another program has changed the log: line {} is not as Oaklock wrote it, or what came before it is gone.':
    'Otro programa ha cambiado el registro: la línea {} no es como Oaklock la escribió, o lo que iba antes ya no está.',
  'Another program has changed the log: all of its lines are gone.':
    'Otro programa ha cambiado el registro: todas sus líneas han desaparecido.',
  'Another program has changed the log: what came after line {} is gone.':
    'Otro programa ha cambiado el registro: lo que iba después de la línea {} ya no está.',
  'Another program has changed the log: its end, up to line {}, is not as Oaklock wrote it.':
    'Otro programa ha cambiado el registro: su final, hasta la línea {}, no es como Oaklock lo escribió.',
  'The log is not the one that Oaklock had last: line {}, which your keychain knows, is not in it. A backup may have been put back.':
    'El registro no es el último que tenía Oaklock: la línea {}, que tu llavero conoce, no está en él. Quizá se restauró una copia de seguridad.',
  'Another program has changed the log: line {} was put at its end while Oaklock was not running.':
    'Otro programa ha cambiado el registro: la línea {} se puso al final mientras Oaklock no estaba en marcha.',
  "Another program has changed the sums by which limits are held: those of {} are more than the log's lines, so limits may refuse too early.":
    'Otro programa ha cambiado las sumas con las que se vigilan los límites: las del {} son más que las líneas del registro, así que los límites pueden rechazar demasiado pronto.',
  "Another program has changed the sums by which limits are held: those of {} are less than the log's lines.":
    'Otro programa ha cambiado las sumas con las que se vigilan los límites: las del {} son menos que las líneas del registro.',
  'Another program has changed the log.': 'Otro programa ha cambiado el registro.',
  'and {} more': 'y {} más',
  'the permission of {} for {}': 'el permiso de {} para {}',
  'a denial of {}': 'una denegación de {}',
  'the block of {}': 'el bloqueo de {}',
  'the pause of {}': 'la pausa de {}',
  'the app {}': 'la aplicación {}',
  'the entry of the key {}': 'la entrada de la clave {}',
  'the limits of the key {}': 'los límites de la clave {}',
  'the address of the provider {}': 'la dirección del proveedor {}',
  'the pause': 'la pausa',
  'your prices': 'tus precios',
  'the setting {}': 'el ajuste {}',
  'the clock by which permissions end': 'el reloj por el que acaban los permisos',

  // El registro guardado en un archivo
  'there is a file {} already. Nothing was written. Choose another name, or say --overwrite':
    'ya hay un archivo {}. No se escribió nada. Elige otro nombre, o di --overwrite',
  'the disk is full, so {} could not be written. The log itself is not touched':
    'el disco está lleno, así que {} no se pudo escribir. El registro mismo no se ha tocado',
  'there is no folder {}. Nothing was written': 'no hay ninguna carpeta {}. No se escribió nada',
  '{} is a folder; name a file in it. Nothing was written': '{} es una carpeta; nombra un archivo en ella. No se escribió nada',
  '{} is no ordinary file, so it is not replaced. Nothing was written':
    '{} no es un archivo corriente, así que no se sustituye. No se escribió nada',
  'you may not write into the folder {}. Nothing was written. Choose another folder':
    'no puedes escribir en la carpeta {}. No se escribió nada. Elige otra carpeta',
  '{} could not be written ({}). The log itself is not touched': '{} no se pudo escribir ({}). El registro mismo no se ha tocado',
  'the log is written as csv or json, and not as {}': 'el registro se escribe como csv o json, y no como {}',
}
